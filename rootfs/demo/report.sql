-- A goldsmith's assay book, kept in memory: who brought what, what it was
-- made of, and what it was worth.

CREATE TABLE metal (
	symbol  TEXT PRIMARY KEY,
	name    TEXT NOT NULL,
	density REAL NOT NULL,          -- g/cm3
	price   REAL NOT NULL           -- per gram
);
INSERT INTO metal VALUES
	('Au', 'gold',   19.32, 62.50),
	('Ag', 'silver', 10.49,  0.78),
	('Cu', 'copper',  8.96,  0.01),
	('Pb', 'lead',   11.34,  0.002);

CREATE TABLE piece (
	id    INTEGER PRIMARY KEY,
	owner TEXT NOT NULL,
	what  TEXT NOT NULL,
	mass  REAL NOT NULL CHECK (mass > 0),   -- g
	day   TEXT NOT NULL
);
INSERT INTO piece (owner, what, mass, day) VALUES
	('Maria',   'ring',       8.2, '1612-03-01'),
	('Zosimos', 'chalice',  412.0, '1612-03-01'),
	('Maria',   'coin',       3.4, '1612-03-02'),
	('Geber',   'crucible', 655.0, '1612-03-04'),
	('Zosimos', 'chain',     54.3, '1612-03-04'),
	('Geber',   'bar',      100.0, '1612-03-09'),
	('Perenelle', 'brooch',  21.7, '1612-03-09');

CREATE TABLE part (                             -- an alloy, in per mille
	piece  INTEGER NOT NULL REFERENCES piece,
	metal  TEXT NOT NULL REFERENCES metal,
	share  INTEGER NOT NULL
);
INSERT INTO part VALUES
	(1, 'Au', 750), (1, 'Ag', 125), (1, 'Cu', 125),
	(2, 'Ag', 925), (2, 'Cu',  75),
	(3, 'Au', 986), (3, 'Cu',  14),
	(4, 'Cu', 300), (4, 'Pb', 700),
	(5, 'Au', 585), (5, 'Ag', 215), (5, 'Cu', 200),
	(6, 'Pb', 990), (6, 'Au',  10),
	(7, 'Ag', 800), (7, 'Cu', 200);

CREATE VIEW assay AS
	SELECT piece.id, owner, what, mass, day,
	       1000.0 / sum(share / density) AS density,
	       sum(share / 1000.0 * mass * price) AS worth,
	       max(CASE metal WHEN 'Au' THEN share ELSE 0 END) AS fineness
	FROM piece
	JOIN part ON part.piece = piece.id
	JOIN metal ON metal.symbol = part.metal
	GROUP BY piece.id;

.mode table
.print
.print The assay book
SELECT id, owner, what,
       printf('%.1f g', mass) AS mass,
       printf('%.2f', density) AS density,
       fineness,
       printf('%.2f', worth) AS worth
FROM assay ORDER BY assay.worth DESC;

.print
.print Each owner, and the running total of the house
SELECT owner, count(*) AS pieces,
       printf('%.1f', sum(mass)) AS grams,
       printf('%.2f', sum(worth)) AS worth,
       printf('%.2f', sum(sum(worth)) OVER (ORDER BY owner)) AS total
FROM assay GROUP BY owner ORDER BY owner;

.print
.print Metal in the house, a mark for every 20 g
.mode list
.separator "  "
SELECT printf('%-7s', name), printf('%7.1f g', sum(share / 1000.0 * mass)),
       substr('##################################################', 1,
              1 + CAST(sum(share / 1000.0 * mass) / 20 AS INTEGER))
FROM part
JOIN piece ON piece.id = part.piece
JOIN metal ON metal.symbol = part.metal
GROUP BY metal.symbol ORDER BY sum(share / 1000.0 * mass) DESC;

.print
WITH RECURSIVE fold(n, grams) AS (
	SELECT 1, 0.01 UNION ALL SELECT n + 1, grams * 2 FROM fold WHERE n < 24
)
SELECT printf('Doubling a hundredth of a gram %d times gives %.1f kg.',
              max(n) - 1, max(grams) / 1000) FROM fold;
SELECT 'SQLite ' || sqlite_version() || ', ' || count(*) || ' pieces, no errors.'
FROM piece;
