package sqltest_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

var (
	whole = []string{"0", "1", "-3000", "2147483647", "-2147483648"}
	large = []string{"2147483648", "9007199254740993", "9223372036854775807", "-9223372036854775808"}
	// What a float64 does not hold is among them.
	fractions = []string{"10.99", "-0.5", "0.1", "9007199254740993.5", "0.000000000000000001", "-9.223372036854775808", "123456789012.345678"}
)

func TestPostgresKeepsAmounts(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, s store) {
		t.Helper()
		everything := append(append(append([]string{}, whole...), large...), fractions...)
		requireKept(t, s, "NUMERIC", everything...)
		requireKept(t, s, "TEXT", everything...)
		requireKept(t, s, "VARCHAR(40)", everything...)
		requireKept(t, s, "BIGINT", append(large, whole...)...)
		requireKept(t, s, "INTEGER", whole...)
		requireKept(t, s, "NUMERIC(12,2)", append([]string{"10.99", "0.01", "-9999999999.99", "9999999999.99"}, whole...)...)
		requireKept(t, s, "NUMERIC(40,20)", everything...)
	})
}

// What a column cannot hold is refused by PostgreSQL, and nothing is stored.
func TestPostgresRefusesWhatAColumnCannotHold(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, s store) {
		t.Helper()
		for _, bad := range []struct{ columnType, text string }{
			{"BIGINT", "10.99"}, {"BIGINT", "0.5"}, {"INTEGER", "-10.5"}, {"INTEGER", "2147483648"}, {"NUMERIC(12,2)", "10000000000"},
		} {
			c := s.column(t, bad.columnType)
			require.Error(t, c.exec("INSERT INTO "+c.table+" (v) VALUES ($1)", amount(bad.text)), "%s %s", bad.columnType, bad.text)
			require.Zero(t, c.rows(t, "true"))
		}
		// A numeric column with a scale rounds, as SQL says.
		c := s.column(t, "NUMERIC(12,2)")
		c.keep(t, amount("10.995"))
		var got iamport.Amount
		c.read(t, "v", &got)
		require.True(t, got == amount("11"), got.String())
	})
}

func TestPostgresReadsAmounts(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, s store) {
		t.Helper()
		for expression, want := range map[string]string{
			"3000::numeric(12,2)":        "3000",
			"3000::smallint":             "3000",
			"'3000.00'::text":            "3000",
			"10.5::float8":               "10.5",
			"10.99::float8":              "10.99",
			"30000000000000000::numeric": "30000000000000000",
			"1e18::numeric":              "1000000000000000000",
			"1e-18::numeric":             "0.000000000000000001",
			"NULL::numeric":              "",
			"NULL::bigint":               "",
			"NULL::text":                 "",
			"3000::bigint * 3":           "9000",
			"(10.99 * 3)::numeric":       "32.97",
			"(SELECT sum(x) FROM (VALUES (10.99), (0.01), (NULL)) AS v (x))":                "11",
			"(SELECT sum(x) FROM (VALUES (3000::bigint), (5)) AS v (x))":                    "3005",
			"(SELECT sum(x) FROM (VALUES (3000::int), (5)) AS v (x))":                       "3005",
			"(SELECT avg(x) FROM (VALUES (3000::bigint), (3001)) AS v (x))":                 "3000.5",
			"(SELECT sum(x) FROM (VALUES (1::numeric)) AS v (x) WHERE x > 10)":              "",
			"(SELECT coalesce(sum(x), 0) FROM (VALUES (1::numeric)) AS v (x) WHERE x > 10)": "0",
		} {
			got := iamport.KRW(77)
			require.NoError(t, s.scan("SELECT "+expression, nil, &got), expression)
			require.True(t, got == amount(want), "%s: %q", expression, got)

			var null sql.Null[iamport.Amount]
			require.NoError(t, s.scan("SELECT "+expression, nil, &null), expression)
			require.Equal(t, want != "", null.Valid, expression)
			require.True(t, null.V == amount(want), "%s: %q", expression, null.V)
		}
		for _, expression := range []string{
			"1e30::numeric", "9223372036854775808::numeric", "1e-19::numeric", "'NaN'::numeric", "'Infinity'::numeric",
			"'-Infinity'::float8", "'NaN'::float8", "(0.1::float8 + 0.2::float8)", "true", "now()", "''::text", "'3000 '::text", "'₩3000'::text",
			"'9223372036854775808'::text", "'1 day'::interval",
		} {
			got := iamport.KRW(77)
			require.Error(t, s.scan("SELECT "+expression, nil, &got), expression)
			require.True(t, got == iamport.KRW(77), "%s: %q", expression, got)
		}
	})
}

func TestPostgresComparesAmounts(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, s store) {
		t.Helper()
		for columnType, want := range map[string]iamport.Amount{
			"NUMERIC": amount("10.50"), "NUMERIC(12,2)": amount("10.5"), "BIGINT": iamport.KRW(3000), "INTEGER": iamport.KRW(3000), "TEXT": amount("10.50"),
		} {
			c := s.column(t, columnType)
			c.keep(t, want)
			require.Equal(t, 1, c.rows(t, "v = $1", want), columnType)
			require.Zero(t, c.rows(t, "v = $1", iamport.KRW(9)), columnType)
			require.Zero(t, c.rows(t, "v = $1", iamport.Amount{}), "%s: NULL is equal to nothing", columnType)
		}
		c := s.column(t, "NUMERIC")
		c.keep(t, amount("9.5"))
		require.Equal(t, 1, c.rows(t, "v < $1", amount("10.25")), "as numbers, and not as text")
	})
}

func TestPostgresKeepsNullsOfOtherTypes(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, s store) {
		t.Helper()
		for _, columnType := range []string{"NUMERIC", "BIGINT", "TEXT"} {
			c, want := s.column(t, columnType), iamport.KRW(3000)
			var null sql.Null[iamport.Amount]
			var pointer *iamport.Amount
			c.keep(t, sql.Null[iamport.Amount]{V: want, Valid: true})
			c.read(t, "v", &null)
			require.True(t, null.Valid && null.V == want, columnType)
			c.keep(t, &want)
			c.read(t, "v", &pointer)
			require.True(t, *pointer == want, columnType)
			for _, none := range []any{sql.Null[iamport.Amount]{V: want}, (*iamport.Amount)(nil), iamport.Amount{}, nil} {
				c.keep(t, none)
				require.Equal(t, 1, c.rows(t, "v IS NULL"), columnType)
				c.read(t, "v", &null)
				require.Equal(t, sql.Null[iamport.Amount]{}, null, columnType)
				c.read(t, "v", &pointer)
				require.Nil(t, pointer, columnType)
			}
		}
	})
}

// moments are in several zones; a database keeps microseconds.
var moments = []time.Time{
	time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC),
	time.Date(2026, 3, 1, 0, 30, 0, 123456000, time.FixedZone("KST", 9*60*60)), // the day before in UTC
	time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(1965, 6, 1, 12, 0, 0, 0, time.FixedZone("", -5*60*60)),
	time.Date(9999, 12, 30, 23, 59, 59, 0, time.UTC),
}

func TestPostgresKeepsTimes(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, s store) {
		t.Helper()
		var zone string
		require.NoError(t, s.scan("SELECT current_setting('timezone')", nil, &zone))
		require.Equal(t, "Asia/Seoul", zone)
		requireKeptTimes(t, s, "TIMESTAMPTZ", time.Microsecond)
		requireKeptTimes(t, s, "TIMESTAMPTZ(0)", time.Second)
		requireKeptTimes(t, s, "TIMESTAMP", time.Microsecond)
	})
}

func TestPostgresReadsTimes(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, s store) {
		t.Helper()
		for expression, want := range map[string]time.Time{
			"'2026-03-01 09:30:00+09'::timestamptz":                             moments[0],
			"'2026-03-01 09:30:00'::timestamptz":                                moments[0], // of the connection, in Seoul
			"'2026-03-01 00:30:00'::timestamp":                                  moments[0], // has no zone: in UTC
			"('2026-03-01 09:30:00+09'::timestamptz)::text":                     moments[0],
			"('2026-03-01 00:30:00'::timestamp)::text":                          moments[0],
			"1772325000::bigint":                                                moments[0], // Unix seconds
			"1772325000::int":                                                   moments[0],
			"1772325000::numeric":                                               moments[0],
			"'1772325000'::text":                                                moments[0],
			"extract(epoch from '2026-03-01 09:30:00+09'::timestamptz)::bigint": moments[0],
			"to_timestamp(1772325000)":                                          moments[0],
			"'2026-03-01'::date":                                                time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
			"0::bigint":                                                         {},
			"NULL::bigint":                                                      {},
			"NULL::timestamptz":                                                 {},
			"NULL::text":                                                        {},
		} {
			got := iamport.Time{Time: time.Unix(77, 0)}
			require.NoError(t, s.scan("SELECT "+expression, nil, &got), expression)
			require.Equal(t, iamport.Time{Time: want}, got, expression)
		}
		for _, expression := range []string{
			"'infinity'::timestamptz", "'-infinity'::timestamp", "-1::bigint", "1772325000000::bigint", "true", "'soon'::text", "''::text",
			"1.5::float8", "'01:02:03'::time",
		} {
			before := iamport.Time{Time: time.Unix(77, 0)}
			got := before
			require.Error(t, s.scan("SELECT "+expression, nil, &got), expression)
			require.Equal(t, before, got, expression)
		}
	})
}

func TestPostgresKeepsUnixSeconds(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, s store) {
		t.Helper()
		c, want := s.column(t, "BIGINT"), iamport.UnixTime(moments[0])
		c.keep(t, want.Unix())
		var got iamport.Time
		c.read(t, "v", &got)
		require.Equal(t, want, got)
		require.Error(t, c.exec("INSERT INTO "+c.table+" (v) VALUES ($1)", want), "a Time is not an integer")
	})
}
