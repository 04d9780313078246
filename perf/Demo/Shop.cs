namespace Penstock.Demo;

/// <summary>
/// The shop's schema. A trigger numbers the changes of each row and writes every change into <c>journal.changes</c>, in the same transaction: what it holds
/// at the end is what was committed, whatever the workload believes. The journal is not captured.
/// </summary>
internal static class Shop
{
    public const string Database = "shop";
    public const string Owner = "shop";

    public const int Customers = 1_000;
    public const int Products = 200;
    public const int Orders = 1_500;

    public static IReadOnlyList<ShopTable> Tables { get; } =
    [
        new("customers", [new("name"), new("email"), new("preferences"), new("version")]),
        new("products", [new("title"), new("price"), new("tags", ShopValue.TextArray), new("description"), new("version")]),
        new("orders", [new("customer_id"), new("status"), new("amount"), new("placed_at", ShopValue.Instant), new("note"), new("version")]),
        new("order_lines", [new("order_id"), new("product_id"), new("quantity"), new("price"), new("version")]),
    ];

    /// <summary>The pipeline's role: it owns the shop and may replicate, and is no superuser.</summary>
    public const string Role = $"create role {Owner} login replication";

    private const string TablesSql = $$"""
        set role {{Owner}};
        create table customers (
            id bigint generated always as identity primary key, name text not null, email text, preferences jsonb not null default '{}', version int not null default 1);
        create table products (
            id bigint generated always as identity primary key, title text not null, price numeric(10,2) not null, tags text[] not null default '{}',
            description text, version int not null default 1);
        -- Out of line and not compressed, so that an update of another column does not send it.
        alter table products alter column description set storage external;
        create table orders (
            id bigint generated always as identity primary key, customer_id bigint not null references customers, status text not null,
            amount numeric(12,2) not null, placed_at timestamptz not null, note text, version int not null default 1);
        create table order_lines (
            id bigint generated always as identity primary key, order_id bigint not null references orders, product_id bigint not null references products,
            quantity int not null, price numeric(10,2) not null, version int not null default 1);
        create index on orders (customer_id);
        create index on order_lines (order_id);
        """;

    /// <summary>Run in the database, as superuser.</summary>
    public const string Schema = TablesSql + $$"""

        create schema journal;
        create table journal.changes (table_name text not null, key bigint not null, op "char" not null, version int not null);
        create function journal.note() returns trigger language plpgsql as $body$
        begin
            if tg_op = 'DELETE' then
                insert into journal.changes values (tg_table_name, old.id, 'd', old.version);
                return old;
            end if;
            new.version := case tg_op when 'INSERT' then 1 else old.version + 1 end;
            insert into journal.changes values (tg_table_name, new.id, case tg_op when 'INSERT' then 'c' else 'u' end, new.version);
            return new;
        end $body$;
        create trigger note before insert or update or delete on customers for each row execute function journal.note();
        create trigger note before insert or update or delete on products for each row execute function journal.note();
        create trigger note before insert or update or delete on orders for each row execute function journal.note();
        create trigger note before insert or update or delete on order_lines for each row execute function journal.note();
        """;

    /// <summary>
    /// The tables of the copy. Without foreign keys: each topic comes at its own pace, so that an order may arrive before its customer.
    /// </summary>
    public const string CopySchema = TablesSql + """

        alter table orders drop constraint orders_customer_id_fkey;
        alter table order_lines drop constraint order_lines_order_id_fkey, drop constraint order_lines_product_id_fkey;
        """;

    /// <summary>A few thousand rows, there before the pipeline starts.</summary>
    public static string Seed { get; } = $$"""
        set role {{Owner}};
        insert into customers (name, email, preferences)
            select 'Customer ' || n, case when n % 7 > 0 then 'customer' || n || '@example.com' end, jsonb_build_object('newsletter', n % 2 = 0, 'sizes', jsonb_build_array('M', n % 50))
            from generate_series(1, {{Customers}}) n;
        insert into products (title, price, tags, description)
            select 'Product "' || n || '"', round((1 + random() * 200)::numeric, 2), array['tag' || n % 5, 'müsli, "bio"'],
                (select string_agg(md5(n || '-' || i), '') from generate_series(1, 200) i)
            from generate_series(1, {{Products}}) n;
        insert into orders (customer_id, status, amount, placed_at, note)
            select 1 + n % {{Customers}}, 'new', round((random() * 500)::numeric, 2), clock_timestamp() - n * interval '1 minute', case when n % 3 = 0 then 'leave at the door' end
            from generate_series(1, {{Orders}}) n;
        insert into order_lines (order_id, product_id, quantity, price)
            select 1 + n % {{Orders}}, 1 + n % {{Products}}, 1 + n % 4, round((1 + random() * 200)::numeric, 2) from generate_series(1, {{2 * Orders}}) n;
        """;
}
