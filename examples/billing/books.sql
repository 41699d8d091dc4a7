-- What the sandbox knows: its cards and payments. A real shop has no such table.
CREATE TABLE IF NOT EXISTS sandbox_books (
	kind TEXT NOT NULL,
	key  TEXT NOT NULL,
	json TEXT NOT NULL,
	PRIMARY KEY (kind, key)
);
