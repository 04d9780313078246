CREATE TABLE measure (id int, year int NOT NULL, v text, PRIMARY KEY (id, year)) PARTITION BY RANGE (year);
CREATE TABLE measure_old PARTITION OF measure FOR VALUES FROM (1900) TO (2000);
CREATE TABLE measure_new PARTITION OF measure FOR VALUES FROM (2000) TO (2100);

INSERT INTO measure VALUES (9, 1999, 'found'), (10, 2005, 'found too');
CREATE PUBLICATION own FOR TABLE measure WITH (publish_via_partition_root = true);
