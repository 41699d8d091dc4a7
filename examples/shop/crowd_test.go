package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// number returns the number before a word in a line of a report.
func number(t *testing.T, report, line, word string) int {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + line + ` .*?(\d+) ` + word).FindStringSubmatch(report)
	require.NotNil(t, found, "%s, %s: %s", line, word, report)
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}

// Everything goes wrong in these months, and every won is accounted for.
func TestCrowd(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), []string{"-customers", "50", "-months", "4"}, &stdout, &stderr), "%s%s", &stdout, &stderr)
	report := stdout.String()
	for _, want := range [][2]string{
		{"Renewals", "by run paid"}, {"Renewals", "by schedule paid"}, {"Renewals", "by run declined"}, {"Renewals", "by schedule declined"},
		{"Renewals", "by schedule revoked"}, {"Further tries", "by run paid"}, {"Dunning", "paid on day 2"}, {"Dunning", "paid on day 7"}, {"Dunning", "cancelled"}, {"Customers", "ended"}, {"Refunds", "by the shop"},
		{"Webhooks", "forged"}, {"Webhooks", "known"}, {"Webhooks", "recorded"}, {"Payments first brought by", "night"},
	} {
		require.NotZero(t, number(t, report, want[0], want[1]), want)
	}
	require.Regexp(t, `(?m)^Ledger +[\d,]+ won in, [\d,]+ won out \([1-9][\d,]+ won of it in the console\)\nPayments of iamport +.*\nDifferences +0$`, report)
}

// About one number of ten is below 0.1.
func TestDice(t *testing.T) {
	t.Parallel()
	low := 0
	for i := range 1000 {
		if dice("decline", fmt.Sprintf("renewal-%d-20480229", i)) < 0.1 {
			low++
		}
	}
	require.InDelta(t, 100, low, 40)
}

// One missing entry of the ledger ends the program with exit code 1.
func TestCrowdFindsADifference(t *testing.T) {
	t.Parallel()
	e := newEnv(t, crowdStart)
	c := &crowd{shop: e.shop, world: newTrouble(e.shop, e.sandbox), start: crowdStart, customers: 2, months: 1, out: t.Output()}
	require.NoError(t, c.play(t.Context()))
	_, err := e.db.ExecContext(t.Context(), `DELETE FROM ledger WHERE entry = 'signup-1'`)
	require.NoError(t, err)
	c.out = t.Output()
	require.Error(t, e.report(t.Context(), t.Output(), crowdStart.Add(-time.Hour)))
	require.Error(t, c.world.finish(t.Context()))
}

// freeAddress returns an address at which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close() //nolint:errcheck // Nothing was sent.
	return listener.Addr().String()
}

func build(t *testing.T, folder, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	out, err := exec.CommandContext(t.Context(), "go", "build", "-C", folder, "-o", file, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return file
}

// The shop and cmd/iamport-sandbox in two processes, with webhooks from the one to the other.
func TestCrowdOnASandboxOverHTTP(t *testing.T) {
	t.Parallel()
	shopAddress := freeAddress(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	box := exec.CommandContext(ctx, build(t, "../../cmd/iamport-sandbox", "sandbox"), "-memory", "-listen", "127.0.0.1:0",
		"-webhook", "http://"+shopAddress+webhookPath, "-fault", "POST /subscribe/payments/again=lose-after;times=3",
		"-fault", "POST /subscribe/payments/schedule=lose-before;times=2")
	lines, err := box.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, box.Start())
	defer func() { _ = box.Process.Kill(); _ = box.Wait() }()
	var url string
	for scanner := bufio.NewScanner(lines); url == "" && scanner.Scan(); {
		url = strings.TrimSpace(strings.TrimPrefix(regexp.MustCompile(`^Address .*`).FindString(scanner.Text()), "Address"))
	}
	require.NotEmpty(t, url)

	shop := exec.CommandContext(ctx, build(t, ".", "shop"), "-sandbox", url, "-serve", shopAddress, "-customers", "12", "-months", "3")
	var stdout, stderr bytes.Buffer
	shop.Stdout, shop.Stderr = &stdout, &stderr
	require.NoError(t, shop.Run(), "%s%s", &stdout, &stderr)
	require.NotZero(t, number(t, stdout.String(), "Renewals", "by schedule paid"))
	require.NotZero(t, number(t, stdout.String(), "Webhooks", "known"))
	require.Regexp(t, `(?m)^Differences +0$`, stdout.String())
}
