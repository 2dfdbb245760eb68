using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using CoDe.Flow;

namespace CoDe.Imaging;

/// <summary>
/// Streams images into an <c>.npz</c> whose <c>arr_0</c> is (images, height, width, 3) uint8, as FID tools read it: a
/// zip with one stored entry, with 64-bit sizes where needed. Only the current image is in memory.
/// </summary>
public sealed class NpzWriter : IDisposable
{
    private const string EntryName = "arr_0.npy";
    private const int NpyMultiple = 64;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly int _images;
    private readonly int _imageBytes;
    private readonly long _size;
    private readonly ZipRecords _zip;
    private readonly Crc32 _crc = new();
    private int _added;
    private bool _completed;

    /// <param name="images">Exact number of images to be added.</param>
    /// <exception cref="IOException">The file cannot be made, or the disk has no room for it.</exception>
    public NpzWriter(string path, int images, int height, int width)
        : this(path, images, height, width, uint.MaxValue)
    {
    }

    /// <param name="largest32">Sizes from here up are written with 64 bits.</param>
    internal NpzWriter(string path, int images, int height, int width, long largest32)
    {
        (_path, _images, _imageBytes) = (path, images, height * width * 3);
        var header = NpyHeader(images, height, width);
        _size = header.Length + ((long)images * _imageBytes);
        _zip = new ZipRecords(EntryName, _size, _size >= largest32);
        CheckRoom(path, _size);
        _file = File.Create(path + ".partial");
        _file.Write(_zip.LocalHeader(crc: 0));
        Write(header);
    }

    /// <exception cref="ArgumentException">The image has another size.</exception>
    public void Add(Image image)
    {
        if (image.Rgb.Length != _imageBytes || _added == _images)
        {
            throw new ArgumentException(
                $"{_path} takes {_images} images of {_imageBytes} bytes; image {_added + 1} has {image.Rgb.Length}.",
                nameof(image));
        }

        Write(image.Rgb);
        _added++;
    }

    /// <summary>Finishes the file and gives it its name.</summary>
    /// <exception cref="InvalidOperationException">Images are missing.</exception>
    public void Complete()
    {
        if (_added != _images)
        {
            throw new InvalidOperationException($"{_path} has {_added} of {_images} images.");
        }

        var directory = _file.Position;
        _file.Write(_zip.Directory(_crc.GetCurrentHashAsUInt32(), directory));
        _file.Position = 0;
        _file.Write(_zip.LocalHeader(_crc.GetCurrentHashAsUInt32()));
        _file.Dispose();
        File.Move(_path + ".partial", _path, overwrite: true);
        _completed = true;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_completed)
        {
            File.Delete(_path + ".partial");
        }
    }

    private static void CheckRoom(string path, long size)
    {
        var free = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace;
        if (free < size)
        {
            throw new IOException(FormattableString.Invariant($"{path} needs {size} bytes, the disk has {free} free."));
        }
    }

    private static byte[] NpyHeader(int images, int height, int width)
    {
        var shape = FormattableString.Invariant($"({images}, {height}, {width}, 3)");
        var text = $"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}";
        var length = (((10 + text.Length + 1 + NpyMultiple - 1) / NpyMultiple) * NpyMultiple) - 10;
        var header = new byte[10 + length];
        header[0] = 0x93;
        "NUMPY"u8.CopyTo(header.AsSpan(1));
        header[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)length);
        Encoding.ASCII.GetBytes(text.PadRight(length - 1) + "\n").CopyTo(header, 10);
        return header;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _file.Write(bytes);
        _crc.Append(bytes);
    }
}
