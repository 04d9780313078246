using Penstock.Kafka.Partitioning;

namespace Penstock.KafkaTests.Partitioning;

public sealed class Murmur2Tests
{
    // Computed with org.apache.kafka.common.utils.Utils of Kafka 4.3.0; the readable ones among them are those of its own UtilsTest.
    [Theory]
    [InlineData("", 275646681, 9)]
    [InlineData("61", -1563381124, 4)]
    [InlineData("6162", 316155434, 2)]
    [InlineData("616263", 479470107, 3)]
    [InlineData("61626364", -1323649548, 8)]
    [InlineData("3231", -973932308, 0)]
    [InlineData("666f6f626172", -790332482, 6)]
    [InlineData("612d6c6974746c652d6269742d6c6f6e672d737472696e67", -985981536, 8)]
    [InlineData("612d6c6974746c652d6269742d6c6f6e6765722d737472696e67", -1486304829, 11)]
    [InlineData("6c6b6a683233346c68396669756839307932336f697568736166756a6861646f66323239706872396831396838396838", -58897971, 5)]
    [InlineData("7b226964223a317d", -56768732, 0)]
    [InlineData("7b226964223a313030317d", 1645685654, 2)]
    [InlineData("5ac3bc726963682de29883", -77185700, 0)]
    [InlineData("00c3bf", -1951946001, 11)]
    [InlineData("35", 55100550, 6)]
    [InlineData("f78a", 1288432276, 4)]
    [InlineData("e1bbe7", -983584298, 6)]
    [InlineData("28c0450ce4", -340525726, 10)]
    [InlineData("4bbb2bf1839dee", 1975435840, 4)]
    [InlineData("6d852cb5be6a61aa", 1253274633, 9)]
    [InlineData("9a0c6117bd6743e7dc978573998e68", -1174961073, 11)]
    [InlineData("885cb361f86c974620bebfb01100b276", 608910165, 9)]
    [InlineData("545718c30f406cc8e3a188fff11059eb6f", -1128383996, 0)]
    [InlineData("55dfbd6f83b89670d6d9f9bf52d83deedc0bf66205835ccc16ad682d8c478a", 704996845, 1)]
    [InlineData("f450279849599b56dd53b3351a572b40f27f72d37f347b5d9979162cfa959d2832a46196d92c304697e953c0026cc4a45eb32f92829e8d14ee827c94edc93517", 904871033, 5)]
    [InlineData("ef7da4c0ce2972cc9b060b08b6460851f3a3a05bb102f732ed235bd1283ed5021192ed6a754300c523675af9b6c4a514cacaa1b6a736738853ee067b87849adf0100aa4a52cc32388c082af3d5d78b98bcc00bd26fae51303f23fba277b4e0602cbf7e5e", -448292569, 7)]
    public void Hash_and_partition_are_those_of_the_Java_client(string keyHex, int hash, int partitionOf12)
    {
        byte[] key = Convert.FromHexString(keyHex);
        Assert.Equal(hash, Murmur2.Hash(key));
        Assert.Equal(partitionOf12, Murmur2.Partition(key, 12));
    }
}
