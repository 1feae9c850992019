"""merge_duckdb.py A.csv B.csv … >merged.csv: the mean of prediction files, 20 labels a video, in SQL."""
import sys

import duckdb

paths = sys.argv[1:]
rows = " UNION ALL ".join(
  "SELECT * FROM read_csv('%s', header=true, columns={'id': 'VARCHAR', 'pairs': 'VARCHAR'})" % path for path in paths)
duckdb.sql("""
COPY (
  WITH words AS (SELECT id, string_split(pairs, ' ') AS word FROM (%s)),
  pairs AS (
    SELECT id, unnest(list_filter(word, lambda w, i: i %% 2 = 1))::INT AS label,
      unnest(list_filter(word, lambda w, i: i %% 2 = 0))::FLOAT AS score FROM words),
  sums AS (SELECT id, label, sum(score) / %d AS score FROM pairs GROUP BY id, label),
  ranked AS (SELECT *, row_number() OVER (PARTITION BY id ORDER BY score DESC, label) AS place FROM sums)
  SELECT id AS VideoId,
    string_agg(label || ' ' || printf('%%g', score), ' ' ORDER BY place) AS LabelConfidencePairs
  FROM ranked WHERE place <= 20 GROUP BY id
) TO '/dev/stdout' (FORMAT csv)""" % (rows, len(paths)))
