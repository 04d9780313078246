INSERT INTO basket VALUES (1, '{t,f,NULL}', '{-1}', '{9223372036854775807}', '{0.5}', '{-2.25,NULL}', '{"a \"quoted\" one",NULL,"","\\"}', '{abcd}', '{x}', '{6f1c2b3a-0000-4000-8000-00000000abcd}', ARRAY['{"k": [1]}'::jsonb, 'null'::jsonb], '{10.0.0.0/8,::1}', '{"full moon",new}', ARRAY['[1,3)'::int4range, 'empty'], '{"2024-02-29 12:00:00+00"}', '{{1,2},{3,4}}');
INSERT INTO basket (id) VALUES (2);
INSERT INTO basket VALUES (3, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}');
