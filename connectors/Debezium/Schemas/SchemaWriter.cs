using System.Text;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Schemas;

/// <summary>Writes a schema as JsonConverter's envelope carries it (2.2, "JSON schema node"); once per relation version, so it may allocate.</summary>
public static class SchemaWriter
{
    /// <summary>The JSON of the schema, UTF-8.</summary>
    public static byte[] Write(SchemaNode node) => JsonFragment.From(output => WriteNode(node, output));

    private static void WriteText(string text, SlabWriter output) => JsonText.WriteString(Encoding.UTF8.GetBytes(text), output);

    private static void WriteNode(SchemaNode node, SlabWriter output)
    {
        output.Write("{\"type\":"u8);
        WriteText(node.Type, output);
        if (node.Type == "struct")
        {
            output.Write(",\"fields\":["u8);
            for (int i = 0; i < node.Fields.Length; i++)
            {
                output.Write(i == 0 ? default : ","u8);
                WriteNode(node.Fields[i], output);
            }

            output.Write("]"u8);
        }

        WriteChild(",\"items\":"u8, node.Items, output);
        WriteChild(",\"keys\":"u8, node.Keys, output);
        WriteChild(",\"values\":"u8, node.Values, output);
        output.Write(node.Optional ? ",\"optional\":true"u8 : ",\"optional\":false"u8);
        WriteAttributes(node, output);
        output.Write("}"u8);
    }

    private static void WriteChild(ReadOnlySpan<byte> name, SchemaNode? child, SlabWriter output)
    {
        if (child is not null)
        {
            output.Write(name);
            WriteNode(child, output);
        }
    }

    private static void WriteAttributes(SchemaNode node, SlabWriter output)
    {
        if (node.Name is not null)
        {
            output.Write(",\"name\":"u8);
            WriteText(node.Name, output);
        }

        if (node.Version is { } version)
        {
            output.Write(Encoding.UTF8.GetBytes($",\"version\":{version}"));
        }

        if (node.Doc is not null)
        {
            output.Write(",\"doc\":"u8);
            WriteText(node.Doc, output);
        }

        if (node.Parameters.Length > 0)
        {
            for (int i = 0; i < node.Parameters.Length; i++)
            {
                output.Write(i == 0 ? ",\"parameters\":{"u8 : ","u8);
                WriteText(node.Parameters[i].Key, output);
                output.Write(":"u8);
                WriteText(node.Parameters[i].Value, output);
            }

            output.Write("}"u8);
        }

        if (node.DefaultJson is not null)
        {
            output.Write(",\"default\":"u8);
            output.Write(Encoding.UTF8.GetBytes(node.DefaultJson));
        }

        if (node.Field is not null)
        {
            output.Write(",\"field\":"u8);
            WriteText(node.Field, output);
        }
    }
}
