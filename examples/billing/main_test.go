package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// The report is right about a run that was not disturbed, and finds what somebody changed afterwards.
func TestOnSQLite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"-subscribers", "200", "-dir", dir}
	p := runs(t, exitOK, args...)
	p.requireEqual("200")
	require.Contains(t, p.stderr.String(), " of 200 months settled")
	require.Regexp(t, `(?m)^Subscribers +\d+ active, \d+ ended$`, p.stdout.String())
	require.Regexp(t, `(?m)^  by try .*\d 4 declined`, p.stdout.String())
	require.NotRegexp(t, `(?m)^Trouble .* 0 (declined|lost)`, p.stdout.String())

	db := openShop(t, dir)
	_, err := db.Exec(`UPDATE ledger SET won = won + 1 WHERE merchant_uid = (SELECT min(merchant_uid) FROM ledger)`)
	require.NoError(t, err)
	changed := start(t, append(args, "-ui", "-listen", "127.0.0.1:0")...)
	changed.find(&changed.stdout, `River's page is there until Ctrl-C`)
	changed.signal(os.Interrupt)
	require.Equal(t, exitFailed, changed.code())
	require.Regexp(t, `(?m)^Difference +1 won\nOrders that differ +1$`, changed.stdout.String())
	require.Contains(t, changed.stderr.String(), "something does not agree")

	runs(t, exitFailed, "-dir", dir, "-months", "2").requireSays("the run that is stored has -months 1, not 2")
}

func TestTemporaryFolderIsRemoved(t *testing.T) {
	t.Parallel()
	p := runs(t, exitOK, "-subscribers", "3", "-day", "10ms", "-seed", "8")
	p.requireEqual("3")
	folder := regexp.MustCompile(`-dir (\S+)`).FindStringSubmatch(p.stdout.String())
	require.Len(t, folder, 2)
	require.NoDirExists(t, folder[1])
}

// The program is stopped gently, and goes on.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, "-subscribers", "200", "-dunning", "1", "-dir", dir)
	db := waitForMoney(t, p, dir)
	runs(t, exitFailed, "-dir", dir).requireSays("another process uses this file")
	p.signal(os.Interrupt)
	require.Equal(t, exitStopped, p.code())
	require.Contains(t, p.stdout.String(), "To go on: -dir "+dir)
	var running int
	require.NoError(t, db.QueryRow(`SELECT count(*) FROM river_job WHERE state = 'running'`).Scan(&running))
	require.Zero(t, running)
	again := runs(t, exitOK, "-dir", dir)
	require.Contains(t, again.stdout.String(), "Going on with 200 subscribers")
	again.requireEqual("200")
}

// The program is killed while it charges, and goes on.
func TestKilledOnSQLite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, "-subscribers", "200", "-dunning", "1", "-dir", dir)
	waitForMoney(t, p, dir)
	p.signal(os.Kill)
	require.Equal(t, -1, p.code())
	runs(t, exitOK, "-dir", dir).requireEqual("200")
}

// Worker processes are killed, the leader among them, then the program is, and all of it goes on.
func TestKilledOnPostgreSQL(t *testing.T) {
	t.Parallel()
	args, conn := postgres(t)
	args = append(args, "-workers", "3", "-dunning", "1", "-subscribers", "300")
	p := start(t, args...)
	var pids []int
	for i := range 3 {
		pid, err := strconv.Atoi(p.find(&p.stderr, fmt.Sprintf(`worker-%d is process (\d+)`, i+1))[1])
		require.NoError(t, err)
		pids = append(pids, pid)
	}
	paid := func(n int) func() bool {
		return func() bool {
			var count int
			return conn.QueryRow(t.Context(), `SELECT count(*) FROM ledger`).Scan(&count) == nil && count >= n
		}
	}
	p.until(paid(30), "30 orders are paid")
	var leader string
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT leader_id FROM river_leader`).Scan(&leader))
	for i, pid := range pids {
		if i == 0 || strings.HasSuffix(leader, fmt.Sprintf("-%d", pid)) {
			process, err := os.FindProcess(pid)
			require.NoError(t, err)
			require.NoError(t, process.Kill())
		}
	}
	p.find(&p.stderr, `ended \(signal: killed\) and is started again`)
	p.until(paid(60), "60 orders are paid")
	workers := workersOf(t, conn)
	require.NotEmpty(t, workers)
	p.signal(os.Kill)
	require.Equal(t, -1, p.code())
	again := start(t, args...)
	again.until(func() bool {
		var count int
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = ANY($1)`, workers).Scan(&count)
		return err == nil && count == 0
	}, "the workers end with their parent")
	require.Equal(t, exitOK, again.code())
	again.requireEqual("300")
}

// workersOf returns the names that the worker processes have in the database.
func workersOf(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT DISTINCT application_name FROM pg_stat_activity WHERE application_name LIKE current_schema || ' worker-%'`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return names
}

func TestPage(t *testing.T) {
	t.Parallel()
	p := start(t, "-subscribers", "3", "-day", "10ms", "-seed", "8", "-ui", "-listen", "127.0.0.1:0")
	url := p.find(&p.stdout, `River's page: (http://127\.0\.0\.1:\d+/)`)[1]
	get := func(path, host string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
		require.NoError(t, err)
		r.Host = host
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode, string(body)
	}
	code, body := get("", "")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, body, "<html")
	p.find(&p.stdout, `River's page is there until Ctrl-C`)
	code, body = get("api/jobs?state=completed&limit=100", "")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, body, "sub000001-month01")
	code, _ = get("", "shop.example:80")
	require.Equal(t, http.StatusForbidden, code, "a site that resolves to this machine")
	p.signal(os.Interrupt)
	require.Equal(t, exitOK, p.code())
	p.requireEqual("3")
}

func TestHelpAndBadFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"-h":                               {exitOK, "3 if a signal stopped it"},
		"-no-such-flag":                    {exitBadFlags, "flag provided but not defined"},
		"argument":                         {exitBadFlags, `unexpected argument "argument"`},
		"-subscribers 0":                   {exitBadFlags, "-subscribers must be"},
		"-months 37":                       {exitBadFlags, "-months must be"},
		"-day 0s":                          {exitBadFlags, "-day must be"},
		"-dunning 3,1":                     {exitBadFlags, "-dunning must be"},
		"-dunning soon":                    {exitBadFlags, "-dunning must be"},
		"-workers 3":                       {exitBadFlags, "-workers needs -database"},
		"-workers -1":                      {exitBadFlags, "-workers must be"},
		"-schema a":                        {exitBadFlags, "-schema needs -database"},
		"-database x -schema A-B":          {exitBadFlags, "-schema must be"},
		"-database x -dir y":               {exitBadFlags, "give one of them"},
		"-reset":                           {exitBadFlags, "-reset needs"},
		"-listen 127.0.0.1:0":              {exitBadFlags, "-listen needs -ui"},
		"-ui -listen 0.0.0.0:8090":         {exitBadFlags, "must be a loopback address"},
		"-ui -listen :8090":                {exitBadFlags, "must be a loopback address"},
		"-ui -listen shop.example:80":      {exitBadFlags, "must be a loopback address"},
		"-ui -listen 192.0.2.1:8090":       {exitBadFlags, "must be a loopback address"},
		"-ui -listen [::]:8090":            {exitBadFlags, "must be a loopback address"},
		"-database nonsense":               {exitFailed, "-database: "},
		"-database host=127.0.0.1\tport=1": {exitFailed, "billing: failed to connect"},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, want.code, run(t.Context(), strings.Split(args, " "), &stdout, &stderr), args)
		require.Contains(t, stderr.String(), want.text, args)
		require.Empty(t, stdout.String())
	}
}

// requireSays requires that a process that ended said why.
func (p *process) requireSays(want string) {
	p.t.Helper()
	require.Contains(p.t, p.stderr.String(), want)
}

// openShop opens the file of the shop, which the program may use at the same time.
func openShop(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := openFile(t.Context(), filepath.Join(dir, "billing.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// waitForMoney waits until some orders are paid and others are not.
func waitForMoney(t *testing.T, p *process, dir string) *sql.DB {
	t.Helper()
	p.find(&p.stderr, "months settled")
	db := openShop(t, dir)
	p.until(func() bool {
		var paid int
		return db.QueryRow(`SELECT count(*) FROM ledger`).Scan(&paid) == nil && paid >= 30
	}, "30 orders are paid")
	return db
}
