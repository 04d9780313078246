INSERT INTO station VALUES (1, 'it''s, "odd"', 12.5, 'north', 'n', '(1,"x y")', '[1,10)', '(,1.5]', '[2024-01-01,2024-02-01)', '["2024-01-01 00:00:00",)', '10.1.2.3/24', '10.0.0.0/8', '08:00:2b:01:02:03', 'a:1 b:2', '(0.5,-1)', 4294967295);
INSERT INTO station (id, l, s) VALUES (2, 'x', 'y');
-- @idle
ALTER TYPE weather ADD VALUE 'foggy' AFTER 'dry';
INSERT INTO station (id, w, l, s, ir) VALUES (3, 'foggy', 'x', 'y', 'empty');
DELETE FROM station WHERE id = 1;
