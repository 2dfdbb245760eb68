using System.IO.Compression;
using System.Text;
using CoDe.Engine.Weights;
using Xunit;
using static CoDe.Engine.Tests.Weights.PickleAssembler;

namespace CoDe.Engine.Tests.Weights;

/// <summary>
/// Broken and hostile files: each ends in one readable error, or where the damage is harmless in values, and takes no
/// memory beyond a small multiple of its own size.
/// </summary>
public sealed class MalformedCheckpointTests
{
    /// <summary>
    /// An object of a pickle takes up to a hundred bytes of memory for one of the file; the rest is what opening any
    /// file takes.
    /// </summary>
    private const long BytesPerByte = 160;
    private const long BytesToStart = 1 << 20;

    private static readonly string[] Files = ["float32.pth", "trainer.pth", "views.pth", "protocol4.pth"];

    [Fact]
    public void Truncations_AtEveryPart_AreRefused()
    {
        var cases = from file in Files
                    let bytes = File.ReadAllBytes(Fixture.PathOf(file))
                    from part in Enumerable.Range(0, 40)
                    select ($"{file} cut at {part}/40", bytes[..(int)((long)bytes.Length * part / 40)]);
        Assert.Equal(160, cases.Count(each => AssertRefused(each.Item1, each.Item2)));
    }

    [Fact]
    public void BitFlips_Anywhere_AreRefusedOrHarmless()
    {
        var random = new Random(20241126);
        var outcomes = new Dictionary<bool, int> { [true] = 0, [false] = 0 };
        foreach (var file in Files.Append("safetensors"))
        {
            var original = file == "safetensors" ? Safetensors(Header) : File.ReadAllBytes(Fixture.PathOf(file));
            for (var flip = 0; flip < 300; flip++)
            {
                var bytes = original.ToArray();
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                outcomes[Opens($"{file} flip {flip}", bytes, out _)]++;
            }
        }

        Assert.True(
            outcomes[true] > 100 && outcomes[false] > 100, $"{outcomes[true]} harmless, {outcomes[false]} refused");
    }

    public static TheoryData<string, string> HostilePickles() => new()
    {
        { "imports by STACK_GLOBAL without names", "an import is not by name" },
        { "creates an instance", "opcode 0x69 is none" },
        { "creates an object by OBJ", "opcode 0x6f is none" },
        { "uses an extension", "opcode 0x82 is none" },
        { "builds a tensor's state", "which is refused" },
        { "calls what is no function", "something is called that is no function" },
        { "calls a storage", "called with arguments that it does not take" },
        { "names a persistent id of the wrong form", "a persistent id is no tensor storage" },
        { "pops an empty stack", "its stack is empty" },
        { "pops below a mark", "its stack is empty" },
        { "ends a tuple without a mark", "a mark is missing" },
        { "recalls an empty memo", "of the memo is empty" },
        { "declares a giant string", "bytes are said to follow" },
        { "declares a giant string of eight bytes", "bytes are said to follow" },
        { "declares giant bytes", "bytes are said to follow" },
        { "declares a giant number", "bytes are said to follow" },
        { "has an endless name", "a name does not end" },
        { "is of protocol 9", "protocol 9 is not known" },
        { "puts entries into a list", "what is no dictionary" },
        { "appends to a dictionary", "what is no list" },
        { "has no end", "it is cut off" },
        { "holds a dictionary in itself", "the same dictionaries over and over" },
        { "shares dictionaries without end", "the same dictionaries over and over" },
    };

    [Theory]
    [MemberData(nameof(HostilePickles))]
    public void Pickle_ThatIsHostile_IsRefusedByName(string what, string message)
        => AssertRefused(what, Zip(Hostile(what)), message);

    /// <summary>Objects that are no tensors are read without being made; nothing is imported or run.</summary>
    [Theory]
    [InlineData("runs a command")]
    [InlineData("runs a command by STACK_GLOBAL")]
    [InlineData("creates an object")]
    [InlineData("names a storage of an unknown type")]
    [InlineData("holds a long number")]
    [InlineData("fills a set and an array of a foreign class")]
    public void Pickle_OfForeignObjects_IsReadWithoutThem(string what)
        => Assert.True(Opens(what, Zip(Hostile(what)), out var error), error);

    [Fact]
    public void Pickle_WhoseCommandIsATensorsPlace_SaysThatItIsNeverRun()
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, Zip(Program(
            [(byte)'}'], Text("w"), Global("posix", "system"), Text("false"), [0x85, (byte)'R', (byte)'s'])));
        using (var checkpoint = Checkpoint.OpenFile(path))
        {
            Assert.Equal("it is made by calling posix.system, which is never run", checkpoint.ReasonMissing("w"));
            Assert.Contains(
                "missing w (4): it is made by calling posix.system",
                Assert.Throws<CheckpointException>(() => new Manifest().Need("w", 4).Check(checkpoint, "", "a model"))
                    .Message,
                StringComparison.Ordinal);
        }

        File.Delete(path);
    }

    [Fact]
    public void Pickle_NestedAMillionDeep_NeitherOverflowsNorHangs()
    {
        byte[] tuples =
        [
            0x80, 2, .. Enumerable.Repeat((byte)')', 1), .. Enumerable.Repeat((byte)0x85, 1_000_000), (byte)'.',
        ];
        byte[] dictionaries = [
            0x80, 2, .. Enumerable.Repeat(new byte[] { (byte)'}', (byte)'K', 1 }, 200_000).SelectMany(x => x),
            (byte)'}',
            .. Enumerable.Repeat((byte)'s', 200_000), (byte)'.'];
        Assert.True(Opens("tuples", Zip(tuples), out _));
        Assert.True(Opens("dictionaries", Zip(dictionaries), out _));
    }

    [Fact]
    public void Pickle_OfAGiantMemoIndex_TakesNoMemoryForIt()
        => Assert.True(Opens(
            "memo", Zip(Program([(byte)'}', (byte)'r'], U32(uint.MaxValue), [(byte)'r'], U32(0x7fffffff))), out _));

    public static TheoryData<string, int, int, int[], int[], string> WrongTensors() => new()
    {
        { "FloatStorage", 4, 0, [5], [1], "0" },
        { "FloatStorage", 5, 0, [5], [1], "0" },
        { "FloatStorage", 4, 1, [4], [1], "0" },
        { "FloatStorage", 4, -1, [4], [1], "0" },
        { "FloatStorage", -4, 0, [4], [1], "0" },
        { "DoubleStorage", 4, 0, [4], [1], "0" },
        { "FloatStorage", 4, 0, [-1], [1], "0" },
        { "FloatStorage", 4, 0, [4], [-1], "0" },
        { "FloatStorage", 4, 0, [4, 4], [1], "0" },
        { "FloatStorage", 4, 0, [2, 2], [3, 1], "0" },
        { "FloatStorage", 4, 0, [int.MaxValue, int.MaxValue, int.MaxValue], [0, 0, 0], "0" },
        { "FloatStorage", 4, 0, [int.MaxValue], [int.MaxValue], "0" },
        { "FloatStorage", int.MaxValue, 0, [int.MaxValue], [1], "0" },
        { "FloatStorage", 4, 0, [.. Enumerable.Repeat(1, 17)], [.. Enumerable.Repeat(1, 17)], "0" },
        { "FloatStorage", 4, 0, [4], [1], "1" },
        { "FloatStorage", 4, 0, [4], [1], "../data.pkl" },
    };

    [Theory]
    [MemberData(nameof(WrongTensors))]
    public void Pth_WhoseTensorDoesNotLieInItsData_IsRefused(
        string storage, int elements, int offset, int[] sizes, int[] strides, string key)
        => AssertRefused("tensor", Zip(Tensor(storage, elements, offset, sizes, strides, key)));

    [Fact]
    public void Pth_WhoseTensorFits_IsReadSoThatTheOthersMeanSomething()
        => Assert.True(Opens("tensor", Zip(Tensor()), out _));

    [Fact]
    public void Zip_ThatIsCompressed_IsRefused() => AssertRefused(
        "compressed", Zip([.. Tensor(), .. new byte[1000]], CompressionLevel.Optimal), "is compressed");

    [Fact]
    public void Zip_WithoutAPickle_IsRefused()
        => AssertRefused("no pickle", Zip(Tensor(), root: "x"), "without data.pkl");

    [Theory]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(16)]
    public void Zip_WhoseEndLies_IsRefused(int field)
    {
        var bytes = Zip(Tensor());
        for (var i = field; i < field + (field < 12 ? 2 : 4); i++)
        {
            bytes[bytes.Length - 22 + i] = 0xfe;
        }

        AssertRefused($"end {field}", bytes);
    }

    [Fact]
    public void Zip_WhoseDirectoryIsSaidToBeThreeGigabytes_TakesNoMemoryForIt()
    {
        const long Length = 3_100_000_000;
        var path = Path.GetTempFileName();
        try
        {
            using (var file = File.OpenWrite(path))
            {
                file.Write(U32(0x04034b50));
                file.Position = Length - 22;
                file.Write([.. U32(0x06054b50), 0, 0, 0, 0, 1, 0, 1, 0, .. U32(3_000_000_000), .. U32(4), 0, 0]);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<CheckpointException>(() => Checkpoint.OpenFile(path));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, BytesToStart);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(0x02014b50, 20)]
    [InlineData(0x02014b50, 24)]
    [InlineData(0x02014b50, 28)]
    [InlineData(0x02014b50, 42)]
    [InlineData(0x04034b50, 0)]
    [InlineData(0x04034b50, 26)]
    public void Zip_WhoseEntryLies_IsRefused(uint signature, int field)
    {
        var bytes = Zip(Tensor());
        var entry = bytes.AsSpan().IndexOf(U32(signature));
        bytes[entry + field] ^= 0xff;
        bytes[entry + field + 1] ^= 0x7f;
        AssertRefused($"entry {field}", bytes);
    }

    [Fact]
    public void Zip_WhoseEntriesOverlap_IsRefused()
    {
        var bytes = Zip(Tensor());
        var first = bytes.AsSpan().IndexOf(U32(0x02014b50));
        var second = first + 4 + bytes.AsSpan(first + 4).IndexOf(U32(0x02014b50));
        bytes.AsSpan(first + 42, 4).CopyTo(bytes.AsSpan(second + 42));
        AssertRefused("overlap", bytes, "share bytes");
    }

    public static TheoryData<string> WrongHeaders() =>
    [
        "{", "[]", "{}x", "{\"a\":1}", "{\"a\":{}}", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}",
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,3]}}""",
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""",
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""",
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}}""",
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""",
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""",
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775804,9223372036854775808]}}""",
        """{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F32","shape":[65536,65536,65536,65536],"data_offsets":[0,0]}}""",
        """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""",
        """{"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"""
            + ""","a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"""
            + ""","b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""",
        """{"a":{"dtype":"F32","shape":[[[[[[1]]]]]],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,4]}}""",
        """{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""",
    ];

    [Theory]
    [MemberData(nameof(WrongHeaders))]
    public void Safetensors_OfAWrongHeader_IsRefused(string header) => AssertRefused(header, Safetensors(header));

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(1_000_000UL)]
    [InlineData(100_000_001UL)]
    [InlineData(0x7fffffffffffffffUL)]
    [InlineData(0xffffffffffffffffUL)]
    public void Safetensors_OfAWrongHeaderLength_IsRefused(ulong length)
        => AssertRefused($"length {length}", [.. U64(length), .. Safetensors(Header)[8..]]);

    [Fact]
    public void Safetensors_CutAnywhere_IsRefused()
    {
        var bytes = Safetensors(Header);
        Assert.Equal(bytes.Length, Enumerable.Range(0, bytes.Length).Count(length =>
            AssertRefused($"cut at {length}", bytes[..length])));
    }

    private const string Header =
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"""
        + ""","b":{"dtype":"F16","shape":[2,2],"data_offsets":[8,16]}}""";

    private static byte[] Safetensors(string header)
        => [.. U64((ulong)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[16]];

    private static byte[] Hostile(string what) => what switch
    {
        "runs a command" => Program(Global("posix", "system"), Text("false"), [0x85, (byte)'R']),
        "runs a command by STACK_GLOBAL" => Program(Text("builtins"), Text("eval"), [0x93]),
        "imports by STACK_GLOBAL without names" => Program(Integer(1), Text("eval"), [0x93]),
        "creates an object" => Program(Global("collections", "OrderedDict"), [(byte)')', 0x81]),
        "creates an instance" => Program([(byte)'(', (byte)'i'], Encoding.ASCII.GetBytes("posix\nsystem\n")),
        "creates an object by OBJ" => Program([(byte)'('], Global("collections", "OrderedDict"), [(byte)'o']),
        "uses an extension" => Program([0x82, 1]),
        "builds a tensor's state" => Program(Integer(1), [(byte)'}', (byte)'b']),
        "calls what is no function" => Program(Text("a"), [(byte)')', (byte)'R']),
        "calls a storage" => Program(Global("torch", "FloatStorage"), Integer(1 << 30), [0x85, (byte)'R']),
        "names a persistent id of the wrong form" => Program(Text("storage"), [(byte)'Q']),
        "names a storage of an unknown type" => Program(Global("torch", "SparseStorage")),
        "fills a set and an array of a foreign class" => Program(
            [0x8f, (byte)'('], Integer(1), Integer(2), [0x90, (byte)'0'], Global("numpy.random", "RandomState"),
            [(byte)')', 0x81, (byte)'}', (byte)'b'], Integer(1), [(byte)'a']),
        "pops an empty stack" => Program([0x86]),
        "pops below a mark" => Program(Integer(1), [(byte)'(', 0x85]),
        "ends a tuple without a mark" => Program([(byte)'t']),
        "recalls an empty memo" => Program([(byte)'h', 7]),
        "declares a giant string" => Program([(byte)'X'], U32(uint.MaxValue)),
        "declares a giant string of eight bytes" => Program([0x8d], U64(ulong.MaxValue)),
        "declares giant bytes" => Program([(byte)'B'], U32(0x7fffffff)),
        "declares a giant number" => Program([0x8b], U32(0x7fffffff)),
        "holds a long number" => Program([0x8a, 9], new byte[9]),
        "has an endless name" => Program([(byte)'c'], new byte[2000]),
        "is of protocol 9" => [0x80, 9, (byte)'.'],
        "puts entries into a list" => Program([(byte)']', (byte)'K', 1, (byte)'K', 2, (byte)'s']),
        "appends to a dictionary" => Program([(byte)'}', (byte)'K', 1, (byte)'a']),
        "has no end" => [0x80, 2, (byte)'}'],
        "holds a dictionary in itself" => Program([(byte)'}', (byte)'q', 0], Entries(0)),
        _ => Program(
            [.. Enumerable.Range(0, 7).SelectMany(level =>
                new byte[][] { [(byte)'}', (byte)'q', (byte)level], level == 0 ? [] : Entries((byte)(level - 1)) })]),
    };

    /// <summary>Forty entries of the dictionary at hand that all hold the one of a memo entry.</summary>
    private static byte[] Entries(byte memo)
        => [.. Enumerable.Range(0, 40).SelectMany(key => (byte[])[.. Integer(key), (byte)'h', memo, (byte)'s'])];

    private static bool AssertRefused(string what, byte[] bytes, string message = "")
    {
        Assert.False(Opens(what, bytes, out var error), $"{what} was read");
        Assert.Contains(message, error, StringComparison.Ordinal);
        return true;
    }

    /// <summary>Opens a file and reads all of it; any other exception than the right one fails the test.</summary>
    private static bool Opens(string what, byte[] bytes, out string error)
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var checkpoint = Checkpoint.OpenFile(path);
            foreach (var name in checkpoint.Tensors.Keys)
            {
                using var source = checkpoint.Open(name);
                source.Read(0, new float[source.Count]);
            }

            error = "";
            return true;
        }
        catch (CheckpointException refusal)
        {
            error = refusal.Message;
            Assert.Contains(path, error, StringComparison.Ordinal);
            return false;
        }
        finally
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            File.Delete(path);
            Assert.True(
                allocated <= BytesToStart + (BytesPerByte * bytes.Length),
                $"{what} of {bytes.Length} bytes took {allocated}");
        }
    }
}
