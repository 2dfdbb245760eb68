using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CoDe.Flow;

namespace CoDe.Engine.Weights;

/// <summary>
/// Reads the pickle of a state dict and of what training code keeps beside it: the opcodes of protocols 2 to 5. Objects
/// that are neither plain data nor tensors stand in it as <see cref="PickleInert"/>; nothing is imported or run. Every
/// length in the pickle is checked against its bytes.
/// </summary>
internal sealed class PickleReader(byte[] bytes, string source)
{
    private const int LongestName = 512;

    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _position;
    private int _opcode;

    /// <exception cref="CheckpointException">The pickle is corrupt or holds what is refused.</exception>
    public object? Read()
    {
        while (true)
        {
            _opcode = _position;
            var opcode = (char)Take(1)[0];
            if (opcode == '.')
            {
                return Pop();
            }

            Execute(opcode);
        }
    }

    private void Execute(char opcode)
    {
        switch (opcode)
        {
            case '\x80': CheckProtocol(Take(1)[0]); break;
            case '\x95': Take(8); break;
            case '(': _marks.Add(_stack.Count); break;
            case 'N': Push(null); break;
            case '\x88': Push(true); break;
            case '\x89': Push(false); break;
            case 'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case 'K': Push((long)Take(1)[0]); break;
            case 'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case '\x8a': PushLong(Take(1)[0]); break;
            case '\x8b': PushLong(Length(4)); break;
            case 'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case 'X': Push(Text(Length(4))); break;
            case '\x8c': Push(Text(Length(1))); break;
            case '\x8d': Push(Text(Length(8))); break;
            case 'C': Push(Take(Length(1)).ToArray()); break;
            case 'B': Push(Take(Length(4)).ToArray()); break;
            case '\x8e' or '\x96': Push(Take(Length(8)).ToArray()); break;
            case '\x8f': Push(new PickleInert("set")); break;
            case '}': Push(new PickleDictionary([])); break;
            case ']' or ')': Push(new PickleList([])); break;
            default: ExecuteOnStack(opcode); break;
        }
    }

    private void ExecuteOnStack(char opcode)
    {
        switch (opcode)
        {
            case 't': Push(new PickleList(PopToMark())); break;
            case '\x85': Push(new PickleList(Pop(1))); break;
            case '\x86': Push(new PickleList(Pop(2))); break;
            case '\x87': Push(new PickleList(Pop(3))); break;
            case 'a': Append(Pop(1)); break;
            case 'e': Append(PopToMark()); break;
            case 's': SetItems(Pop(2)); break;
            case 'u': SetItems(PopToMark()); break;
            case 'q': _memo[Take(1)[0]] = Peek(); break;
            case 'r': _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Peek(); break;
            case '\x94': _memo[(uint)_memo.Count] = Peek(); break;
            case 'h': Push(Recall(Take(1)[0])); break;
            case 'j': Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case 'c': Push(Import(Line(), Line())); break;
            case '\x93': ImportFromStack(); break;
            case '0': Pop(); break;
            case '1': PopToMark(); break;
            case '2': Push(Peek()); break;
            case '\x90': PutInto(PopToMark()); break;
            case '\x91': PopToMark(); Push(new PickleInert("frozenset")); break;
            case 'R': Call(Pop(2)); break;
            case '\x81': Create(Pop(2)); break;
            case '\x92': Create(Pop(3)); break;
            case 'b': Build(); break;
            case 'Q': PushStorage(); break;
            default:
                var name = ((int)opcode).ToString("x2", CultureInfo.InvariantCulture);
                throw Corrupt($"opcode 0x{name} is none that a state dict needs, and is refused");
        }
    }

    private void PushStorage()
        => Push(PickleGlobals.Storage(Pop())
            ?? throw Corrupt("a persistent id is no tensor storage of a known type"));

    private void CheckProtocol(byte version)
    {
        if (version is < 2 or > 5)
        {
            throw Corrupt($"protocol {version} is not known");
        }
    }

    private void PushLong(int length)
    {
        var digits = Take(length);
        if (length > 8)
        {
            Push(new PickleInert("int"));
            return;
        }

        var value = 0L;
        for (var i = 0; i < length; i++)
        {
            value |= (long)digits[i] << (8 * i);
        }

        var unused = 64 - (8 * length);
        Push(length == 0 ? 0L : value << unused >> unused);
    }

    private void Append(List<object?> items)
    {
        switch (Peek())
        {
            case PickleList list: list.Items.AddRange(items); break;
            case PickleInert: break;
            default: throw Corrupt("something is appended to what is no list");
        }
    }

    /// <summary>Puts items into a set, whose items do not matter.</summary>
    private void PutInto(List<object?> items)
    {
        if (Peek() is not PickleInert)
        {
            throw Corrupt($"{items.Count} items are put into what is no set");
        }
    }

    private void SetItems(List<object?> items)
    {
        if (Peek() is PickleInert)
        {
            return;
        }

        if (Peek() is not PickleDictionary dictionary || items.Count % 2 != 0)
        {
            throw Corrupt("entries are put into what is no dictionary");
        }

        for (var i = 0; i < items.Count; i += 2)
        {
            dictionary.Items.Add(new(items[i], items[i + 1]));
        }
    }

    private void ImportFromStack()
    {
        var names = Pop(2);
        Push(names is [string module, string name] ? Import(module, name) : throw Corrupt("an import is not by name"));
    }

    private PickleGlobal Import(string module, string name)
        => module.Length + name.Length <= 2 * LongestName
            ? new PickleGlobal($"{module}.{name}")
            : throw Corrupt("a name does not end");

    private void Call(List<object?> operands)
    {
        Push(operands switch
        {
            [PickleGlobal callable, PickleList arguments] => PickleGlobals.Call(callable.Name, arguments)
                ?? throw Corrupt($"{Printable.Of(callable.Name)} is called with arguments that it does not take"),
            [PickleInert made, PickleList] => new PickleInert(made.Callable),
            _ => throw Corrupt("something is called that is no function, or without arguments"),
        });
    }

    /// <summary>Stands in for a new object of a class.</summary>
    private void Create(List<object?> operands)
        => Push(operands[0] is PickleGlobal type
            ? new PickleInert(type.Name)
            : throw Corrupt("an object is made of what is no class"));

    /// <summary>
    /// Drops state set on a dictionary, which is the training code's bookkeeping (<c>_metadata</c>), or on an object.
    /// </summary>
    private void Build()
    {
        Pop();
        if (Peek() is not (PickleDictionary or PickleInert))
        {
            throw Corrupt("state is put onto something else than a dictionary, which is refused");
        }
    }

    private object? Recall(uint index)
        => _memo.TryGetValue(index, out var value) ? value : throw Corrupt($"entry {index} of the memo is empty");

    private string Text(int length)
    {
        var text = Take(length);
        return Encoding.UTF8.GetString(text);
    }

    private string Line()
    {
        var rest = bytes.AsSpan(_position, Math.Min(LongestName, bytes.Length - _position));
        var length = rest.IndexOf((byte)'\n');
        if (length < 0)
        {
            throw Corrupt("a name does not end");
        }

        _position += length + 1;
        return Encoding.UTF8.GetString(rest[..length]);
    }

    /// <summary>A length of so many bytes, at most what is left.</summary>
    private int Length(int size)
    {
        var field = Take(size);
        var length = size switch
        {
            1 => field[0],
            4 => BinaryPrimitives.ReadUInt32LittleEndian(field),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(field),
        };
        return length <= (ulong)(bytes.Length - _position)
            ? (int)length
            : throw Corrupt($"{length} bytes are said to follow, there are {bytes.Length - _position}");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - _position)
        {
            throw Corrupt("it is cut off");
        }

        _position += count;
        return bytes.AsSpan(_position - count, count);
    }

    private void Push(object? value) => _stack.Add(value);

    private object? Peek() => _stack.Count > Floor ? _stack[^1] : throw Corrupt("its stack is empty");

    private object? Pop() => Pop(1)[0];

    private List<object?> Pop(int count)
    {
        if (_stack.Count - count < Floor)
        {
            throw Corrupt("its stack is empty");
        }

        var items = _stack.GetRange(_stack.Count - count, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return items;
    }

    private List<object?> PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw Corrupt("a mark is missing");
        }

        var count = _stack.Count - Floor;
        var items = Pop(count);
        _marks.RemoveAt(_marks.Count - 1);
        return items;
    }

    /// <summary>Pops a value; values below the last mark cannot be reached.</summary>
    private int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    private CheckpointException Corrupt(string problem)
        => new($"{source} cannot be used: at byte {_opcode} of its pickle {problem}.");
}
