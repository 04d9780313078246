CREATE SCHEMA "Odd Schema";
CREATE TABLE "Odd Schema"."Fancy-Table" ("Id" int PRIMARY KEY, "what is it?" text, "größe" int, "_under" boolean);
CREATE TABLE "x.y" (id int PRIMARY KEY, v text);
CREATE PUBLICATION own FOR ALL TABLES;
