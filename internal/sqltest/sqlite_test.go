package sqltest_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func TestSQLiteKeepsAmounts(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	everything := append(append(append([]string{}, whole...), large...), fractions...)
	requireKept(t, s, "TEXT", everything...)
	requireKept(t, s, "VARCHAR(40)", everything...)
	for _, columnType := range []string{"INTEGER", "BIGINT", "NUMERIC", "NUMERIC(12,2)", "DECIMAL(10,5)"} {
		requireKept(t, s, columnType, append(whole, large...)...)
		// Stored as a floating-point number, which keeps up to 15 digits.
		requireKept(t, s, columnType, "10.99", "-0.5", "0.1", "0.000000000000000001", "123456789012.345", "-9999999999.99")
	}
}

// SQLite stores a fraction in any column, and only a TEXT column keeps all of it.
func TestSQLiteStoresFractionsAsFloats(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	for columnType, class := range map[string]string{
		"INTEGER": "real", "BIGINT": "real", "NUMERIC": "real", "NUMERIC(12,2)": "real", "REAL": "real", "TEXT": "text",
	} {
		c := s.column(t, columnType)
		c.keep(t, amount("10.99"))
		var got string
		c.read(t, "typeof(v)", &got)
		require.Equal(t, class, got, columnType)
	}
	for _, columnType := range []string{"INTEGER", "NUMERIC", "REAL"} {
		c := s.column(t, columnType)
		for _, text := range []string{"123456789012.345678", "0.1234567890123456", "-9.223372036854775808"} {
			c.keep(t, amount(text))
			got := iamport.KRW(77)
			require.ErrorContains(t, c.scan("SELECT v FROM "+c.table, nil, &got), "15 digits", "%s %s", columnType, text)
			require.True(t, got == iamport.KRW(77))
		}
		// What the column has rounded to 15 digits or fewer is read as it is there.
		c.keep(t, amount("1.00000000000000001"))
		var got iamport.Amount
		c.read(t, "v", &got)
		require.True(t, got == iamport.KRW(1), "%s: %s", columnType, got)
	}
	// A floating-point number without a fraction becomes an integer there.
	for columnType, rounded := range map[string]bool{"INTEGER": true, "NUMERIC": true, "REAL": false, "TEXT": false} {
		c := s.column(t, columnType)
		c.keep(t, amount("9007199254740993.5"))
		var got iamport.Amount
		err := c.scan("SELECT v FROM "+c.table, nil, &got)
		require.Equal(t, rounded, got == iamport.KRW(9007199254740994), "%s: %s", columnType, got)
		require.Equal(t, columnType == "REAL", err != nil, columnType)
	}
}

func TestSQLiteReadsAmounts(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	for expression, want := range map[string]string{
		"3000": "3000", "'3000.00'": "3000", "3000.0": "3000", "10.5": "10.5", "x'33303030'": "3000", "NULL": "", "9223372036854775807": "9223372036854775807",
		"(SELECT sum(column1) FROM (VALUES (3000), (5)))":         "3005",
		"(SELECT sum(column1) FROM (VALUES (10.99), (0.01)))":     "11",
		"(SELECT sum(column1) FROM (VALUES ('10.99'), ('0.25')))": "11.24", // SQLite adds text as floats
		"(SELECT sum(column1) FROM (VALUES (1)) WHERE false)":     "",
	} {
		got := iamport.KRW(77)
		require.NoError(t, s.scan("SELECT "+expression, nil, &got), expression)
		require.True(t, got == amount(want), "%s: %q", expression, got)
		var null sql.Null[iamport.Amount]
		require.NoError(t, s.scan("SELECT "+expression, nil, &null), expression)
		require.Equal(t, sql.Null[iamport.Amount]{V: amount(want), Valid: want != ""}, null, expression)
	}
	for _, expression := range []string{
		"0.1 + 0.2", "1e30", "9e999", "'1e30'", "'9223372036854775808'", "9223372036854775808", "''", "' 3000'", "'NaN'", "'three'", "x'00'",
	} {
		got := iamport.KRW(77)
		require.Error(t, s.scan("SELECT "+expression, nil, &got), expression)
		require.True(t, got == iamport.KRW(77), "%s: %q", expression, got)
	}
}

func TestSQLiteComparesAmounts(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	for columnType, text := range map[string]string{"INTEGER": "3000", "BIGINT": "9007199254740993", "NUMERIC": "10.50", "TEXT": "10.50"} {
		c, want := s.column(t, columnType), amount(text)
		c.keep(t, want)
		require.Equal(t, 1, c.rows(t, "v = $1", want), columnType)
		require.Zero(t, c.rows(t, "v = $1", iamport.KRW(9)), columnType)
		require.Zero(t, c.rows(t, "v = $1", iamport.Amount{}), "%s: NULL is equal to nothing", columnType)
	}
	// A number column orders amounts as numbers, a TEXT column as text.
	for columnType, rows := range map[string]int{"INTEGER": 1, "NUMERIC": 1, "TEXT": 0} {
		c := s.column(t, columnType)
		c.keep(t, iamport.KRW(9))
		require.Equal(t, rows, c.rows(t, "v < $1", iamport.KRW(10)), columnType)
	}
}

func TestSQLiteKeepsTimes(t *testing.T) {
	t.Parallel()
	// What the driver makes of a time depends on its options.
	for _, options := range []string{"", "?_texttotime=1", "?_time_format=sqlite", "?_time_format=sqlite&_texttotime=1", "?_timezone=Asia%2FSeoul"} {
		s := sqlite(t, options)
		for _, columnType := range []string{"DATETIME", "TIMESTAMP", "TIMESTAMPTZ", "TEXT"} {
			requireKeptTimes(t, s, columnType, time.Nanosecond)
		}
	}
}

// The driver stores the text of a time as String writes it.
func TestSQLiteReadsTheTimesOfOthers(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	now := time.Now()
	for _, columnType := range []string{"DATETIME", "TIMESTAMPTZ", "TEXT"} {
		c := s.column(t, columnType)
		for _, want := range append(moments, now, now.In(time.FixedZone("", 9*60*60)), now.In(time.FixedZone("KST", 9*60*60))) {
			c.keep(t, want) // a time.Time
			var got iamport.Time
			c.read(t, "v", &got)
			require.True(t, got.Equal(want), "%s %s: %s", columnType, want, got)
			require.Equal(t, time.UTC, got.Location())
		}
		c.keep(t, iamport.Time{Time: now})
		require.Zero(t, c.rows(t, "v LIKE '%m=%'"), "the reading of the monotonic clock")
	}
}

func TestSQLiteReadsTimes(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	for _, columnType := range []string{"DATETIME", "TIMESTAMP", "TIMESTAMPTZ", "TEXT"} {
		c := s.column(t, columnType)
		for _, text := range []string{
			"2026-03-01 00:30:00", "2026-03-01T00:30:00Z", "2026-03-01 09:30:00+09:00", "2026-03-01T09:30:00+09:00", "2026-03-01 00:30:00.000",
		} {
			c.keep(t, text)
			var got iamport.Time
			c.read(t, "v", &got)
			require.Equal(t, iamport.UnixTime(moments[0]), got, "%s %s", columnType, text)
		}
		for _, text := range []string{"soon", "", "00:30:00", "1772325000000"} {
			c.keep(t, text)
			require.Error(t, c.scan("SELECT v FROM "+c.table, nil, new(iamport.Time)), "%s %q", columnType, text)
		}
	}
	for expression, want := range map[string]iamport.Time{
		"datetime('2026-03-01T09:30:00+09:00')":         iamport.UnixTime(moments[0]),
		"unixepoch('2026-03-01T09:30:00+09:00')":        iamport.UnixTime(moments[0]),
		"strftime('%Y-%m-%d %H:%M:%f', 1, 'unixepoch')": iamport.UnixTime(time.Unix(1, 0).UTC()),
		"NULL": {}, "0": {},
	} {
		got := iamport.Time{Time: time.Unix(77, 0)}
		require.NoError(t, s.scan("SELECT "+expression, nil, &got), expression)
		require.Equal(t, want, got, expression)
	}
}

func TestSQLiteKeepsUnixSeconds(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	for _, columnType := range []string{"BIGINT", "INTEGER"} {
		c, want := s.column(t, columnType), iamport.UnixTime(moments[0])
		c.keep(t, want.Unix())
		var got iamport.Time
		c.read(t, "v", &got)
		require.Equal(t, want, got, columnType)
		c.keep(t, 1772325000000)
		require.Error(t, c.scan("SELECT v FROM "+c.table, nil, &got), "milliseconds")
	}
}
