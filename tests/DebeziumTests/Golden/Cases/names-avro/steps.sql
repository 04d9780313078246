INSERT INTO "Odd Schema"."Fancy-Table" VALUES (1, 'x', 2, NULL);
UPDATE "Odd Schema"."Fancy-Table" SET "größe" = 3;
DELETE FROM "Odd Schema"."Fancy-Table";
INSERT INTO "x.y" VALUES (1, 'dot');
