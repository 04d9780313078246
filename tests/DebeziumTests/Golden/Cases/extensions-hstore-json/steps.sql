INSERT INTO article VALUES (1, 'a=>1, "b c"=>NULL, d=>"x,y"', 'Hello', 'top.news.today', '1 year -2 days 03:04:05.006', '<p>x</p>', '{"a" : 1}');
INSERT INTO article VALUES (2, '', '', NULL, '-00:00:01', NULL, '[]');
UPDATE article SET tags = NULL, wait = NULL WHERE id = 1;
