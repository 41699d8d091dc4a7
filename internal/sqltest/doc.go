// Package sqltest holds nothing but tests: what SQLite and PostgreSQL keep of an
// Amount and a Time. It is a module of its own, so that an importer of iamport
// downloads no driver of a database.
package sqltest
