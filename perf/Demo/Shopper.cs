using Npgsql;

namespace Penstock.Demo;

/// <summary>
/// One connection of the workload. Rows are shared out by their ids (<c>id % shoppers = number</c>, products included) and the shopper remembers what it inserted,
/// so that two never wait for each other's locks or delete what the other refers to.
/// </summary>
internal sealed class Shopper(NpgsqlConnection connection, int number, int shoppers)
{
    private static readonly string[] Statuses = ["new", "paid", "packed", "shipped", "returned"];

    private readonly Random _random = new(number);
    private readonly OperationMix _mix = new();
    private readonly List<long> _orders = [.. Own(Shop.Orders, number, shoppers)];
    private readonly List<long> _customers = [.. Own(Shop.Customers, number, shoppers)];
    private readonly List<long> _products = [.. Own(Shop.Products, number, shoppers)];

    /// <summary>One transaction of 1 to 20 rows, an order's lines not torn apart; the number of rows it changed.</summary>
    public async Task<int> ShopAsync()
    {
        int wanted = _random.Next(1, 21);
        int rows = 0;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        while (rows < wanted)
        {
            Operation operation = _mix.Next();
            int changed = operation switch
            {
                Operation.Insert => await InsertAsync(wanted - rows).ConfigureAwait(false),
                Operation.Update => await UpdateAsync().ConfigureAwait(false),
                _ => await DeleteAsync().ConfigureAwait(false),
            };
            _mix.Count(operation, changed);
            rows += changed;
        }
        await transaction.CommitAsync().ConfigureAwait(false);
        return rows;
    }

    private static IEnumerable<long> Own(int count, int number, int shoppers) => Enumerable.Range(1, count).Where(id => id % shoppers == number).Select(id => (long)id);

    private async Task<int> InsertAsync(int atMost)
    {
        int kind = _random.Next(20);
        if (kind == 0)
        {
            _customers.Add(await InsertOneAsync("insert into customers (name, email, preferences) values ($1, $2, $3::jsonb) returning id",
                $"Customer {_random.Next(1_000_000)}", $"c{_random.Next(1_000_000)}@example.com", $$"""{"newsletter": {{(_random.Next(2) == 0 ? "true" : "false")}}}""").ConfigureAwait(false));
            return 1;
        }
        if (kind == 1)
        {
            _products.Add(await InsertOneAsync("insert into products (title, price, tags, description) values ($1, $2, $3, $4) returning id",
                $"Product {_random.Next(1_000_000)}", Price(), new[] { "new", $"tag{_random.Next(5)}" }, LongText()).ConfigureAwait(false));
            return 1;
        }
        long order = await InsertOneAsync("insert into orders (customer_id, status, amount, placed_at, note) values ($1, 'new', $2, clock_timestamp(), $3) returning id",
            Any(_customers), Price() * 3, _random.Next(3) == 0 ? "ring twice" : DBNull.Value).ConfigureAwait(false);
        _orders.Add(order);
        int lines = Math.Min(_random.Next(1, 4), atMost - 1);
        for (int i = 0; i < lines; i++)
        {
            await InsertOneAsync("insert into order_lines (order_id, product_id, quantity, price) values ($1, $2, $3, $4) returning id", order, Any(_products), _random.Next(1, 5), Price())
                .ConfigureAwait(false);
        }
        return 1 + lines;
    }

    private Task<int> UpdateAsync() => _random.Next(10) switch
    {
        0 => ExecuteAsync("update customers set preferences = preferences || jsonb_build_object('seen', $2::int) where id = $1", Any(_customers), _random.Next(1_000)),
        1 or 2 => ExecuteAsync("update products set price = $2 where id = $1", Any(_products), Price()),
        3 => ExecuteAsync("update products set tags = array_append(tags[1:3], $2) where id = $1", Any(_products), $"t{_random.Next(100)}"),
        4 or 5 => ExecuteAsync("update order_lines set quantity = quantity + 1 where order_id = $1", Any(_orders)),
        _ => ExecuteAsync("update orders set status = $2 where id = $1", Any(_orders), Statuses[_random.Next(Statuses.Length)]),
    };

    // Orders only: customers and products may be referred to.
    private async Task<int> DeleteAsync()
    {
        if (_orders.Count < 10)
        {
            return await UpdateAsync().ConfigureAwait(false);
        }
        int index = _random.Next(_orders.Count);
        long order = _orders[index];
        _orders[index] = _orders[^1];
        _orders.RemoveAt(_orders.Count - 1);
        return await ExecuteAsync("delete from order_lines where order_id = $1", order).ConfigureAwait(false)
            + await ExecuteAsync("delete from orders where id = $1", order).ConfigureAwait(false);
    }

    private async Task<long> InsertOneAsync(string sql, params object[] values)
    {
        await using NpgsqlCommand command = Prepare(sql, values);
        return await command.ExecuteScalarAsync().ConfigureAwait(false) is long id ? id : throw new InvalidOperationException("an insert returned no id");
    }

    private async Task<int> ExecuteAsync(string sql, params object[] values)
    {
        await using NpgsqlCommand command = Prepare(sql, values);
        return await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    private NpgsqlCommand Prepare(string sql, object[] values)
    {
        NpgsqlCommand command = new(sql, connection);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
        return command;
    }

    private long Any(List<long> ids) => ids[_random.Next(ids.Count)];

    private decimal Price() => _random.Next(100, 30_000) / 100m;

    // 6 to 8 KB, over the 2 KB from which Postgres stores a value out of line.
    private string LongText() => string.Concat(Enumerable.Range(0, _random.Next(180, 250)).Select(_ => Guid.NewGuid().ToString("N")));
}
