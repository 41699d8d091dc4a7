package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

const header = "merchant_uid,outcome,imp_uid,amount,reason,api\n"

func TestResultsAreAppended(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "results.csv")

	r, err := openResults(path, "real")
	require.NoError(t, err)
	require.NoError(t, r.add(result{merchantUID: "order_1", outcome: paid, impUID: "imp_1", amount: "3000"}))
	require.NoError(t, r.add(result{merchantUID: "order_2", outcome: unknown, amount: "3000", reason: "lost,\r\n\"again\""}))
	text := header + "order_1,paid,imp_1,3000,,real\norder_2,unknown,,3000,\"lost,  \"\"again\"\"\",real\n"
	require.Equal(t, text, content(t, path), "on the disk while the file is open")
	r.close()

	r, err = openResults(path, "real")
	require.NoError(t, err)
	require.Equal(t, result{merchantUID: "order_2", outcome: unknown, amount: "3000", reason: "lost,  \"again\""}, r.last["order_2"])
	require.NoError(t, r.add(result{merchantUID: "order_2", outcome: declined, amount: "3000", reason: "[2116]"}))
	r.close()
	require.Equal(t, text+"order_2,declined,,3000,[2116],real\n", content(t, path))

	r, err = openResults(path, "real")
	require.NoError(t, err)
	defer r.close()
	require.Equal(t, declined, r.last["order_2"].outcome, "the last row counts")
}

func TestResultsDropWhatACrashCutOff(t *testing.T) {
	t.Parallel()
	row1, row2 := "order_1,paid,imp_1,3000,,real\n", "order_2,declined,,3000,\"[2116] no, sorry\",real\n"
	for cut := range len(row2) {
		path := write(t, header+row1+row2[:cut])
		r, err := openResults(path, "real")
		require.NoError(t, err, "cut after %q", row2[:cut])
		require.Len(t, r.last, 1)
		require.NoError(t, r.add(result{merchantUID: "order_3", outcome: paid, impUID: "imp_3", amount: "3000"}))
		r.close()
		require.Equal(t, header+row1+"order_3,paid,imp_3,3000,,real\n", content(t, path), "cut after %q", row2[:cut])
	}
	for cut := range len(header) {
		path := write(t, header[:cut])
		r, err := openResults(path, "real")
		require.NoError(t, err)
		r.close()
		require.Equal(t, header, content(t, path))
	}
	for name, tail := range map[string]string{
		"an editor's newline": "order_2,decl\n", "blocks that were never written": "\x00\x00\x00\x00",
	} {
		path := write(t, header+row1+tail)
		r, err := openResults(path, "real")
		require.NoError(t, err, name)
		r.close()
		require.Equal(t, header+row1, content(t, path), name)
	}
}

func TestResultsRefuse(t *testing.T) {
	t.Parallel()
	good := "order_1,paid,imp_1,3000,,real\n"
	for name, c := range map[string]struct{ text, want string }{
		"another file":        {"customer_uid,merchant_uid,amount,name\n", "not a results file"},
		"text without a line": {"hello", "not a results file"},
		"half a row within":   {header + "order_1,pa\n" + good, "line 2"},
		"a word unheard of":   {header + good + "order_2,perhaps,,3000,,real\n" + good, "line 3: no such outcome: \"perhaps\""},
		"a rehearsal":         {header + "order_1,paid,imp_1,3000,,sandbox\n", "line 2: a result of the API \"sandbox\", and this run is on \"real\""},
	} {
		path := write(t, c.text)
		_, err := openResults(path, "real")
		require.ErrorContains(t, err, c.want, name)
		require.Equal(t, c.text, content(t, path), "%s is left as it is", name)
	}
}

func TestResultsBelongToOneProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "results.csv")
	first, err := openResults(path, "real")
	require.NoError(t, err)
	_, err = openResults(path, "real")
	require.ErrorContains(t, err, "another process writes to it")
	first.close()
	second, err := openResults(path, "real")
	require.NoError(t, err)
	second.close()
}

func TestResultsOfAChangedOrder(t *testing.T) {
	t.Parallel()
	path := write(t, header+"order_1,paid,imp_1,3000,,real\norder_2,not charged,,3000,refused,real\n")
	r, err := openResults(path, "real")
	require.NoError(t, err)
	defer r.close()

	order1, order2 := order{merchantUID: "order_1", amount: iamport.KRW(3000)}, order{merchantUID: "order_2", amount: iamport.KRW(5000)}
	open, err := r.open([]order{order1, order2})
	require.NoError(t, err)
	require.Equal(t, []order{order2}, open)

	order1.amount = iamport.KRW(5000)
	_, err = r.open([]order{order1, order2})
	require.EqualError(t, err, `order "order_1" is paid at 3000 in the results and 5000 in the orders`)
}

func TestNoRowFollowsAHalfWrittenOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "results.csv")
	r, err := openResults(path, "real")
	require.NoError(t, err)
	writable := r.file
	r.file, err = os.Open(path) // as a full disk: nothing can be written
	require.NoError(t, err)
	require.Error(t, r.add(result{merchantUID: "order_1", outcome: paid}))
	require.NoError(t, r.file.Close())
	r.file = writable
	require.Error(t, r.add(result{merchantUID: "order_2", outcome: paid}))
	r.close()
	require.Empty(t, r.last)
	require.Equal(t, header, content(t, path))
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "results.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

// A spreadsheet shows the results and runs nothing in them.
func TestResultsAreInert(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "results.csv")
	r, err := openResults(path, "sandbox")
	require.NoError(t, err)
	rows := []result{
		{"=1+1", notCharged, "", "3000", "=HYPERLINK(\"http://evil.example\")"},
		{"+order", unknown, "@imps", "3000", "-1\u202e\u2028\ttext"},
		{"'order", paid, "imps_1", "3000", "'"},
		{"order", paid, "imps_2", "3000", "a reason"},
	}
	for _, row := range rows {
		require.NoError(t, r.add(row))
	}
	r.close()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	cells, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	require.NoError(t, err)
	for _, row := range cells {
		for _, cell := range row {
			require.NotRegexp(t, "^[=+@\t\r-]", cell)
			require.NotRegexp(t, "[\u202e\u2028\t]", cell)
		}
	}
	r, err = openResults(path, "sandbox")
	require.NoError(t, err)
	defer r.close()
	require.Len(t, r.last, len(rows))
	require.Equal(t, paid, r.last["'order"].outcome, "an order number is read as it was given")
	require.Equal(t, "=HYPERLINK(\"http://evil.example\")", r.last["=1+1"].reason)

	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
