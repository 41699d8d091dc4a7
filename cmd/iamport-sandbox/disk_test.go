package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// If the file cannot grow, requests have no answer, and what was answered is there after a restart.
func TestDiskThatIsFull(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	limited := command(t, "-listen", "127.0.0.1:0", "-db", file)
	limited.Args = append([]string{"sh", "-c", `ulimit -f 600; exec "$0" "$@"`}, append([]string{limited.Path}, limited.Args[1:]...)...)
	var err error
	limited.Path, err = exec.LookPath("sh")
	require.NoError(t, err)
	p := launch(t, limited)
	answered := 0
	for i := range 200 {
		e, ok := p.send("/subscribe/payments/onetime", fmt.Sprintf(
			`{"merchant_uid":"o%d","card_number":"1234-1234-1234-1234","expiry":"2030-12","amount":3000}`, i))
		if !ok {
			break
		}
		require.Equal(t, "paid", e.Response["status"])
		answered++
	}
	require.Positive(t, answered)
	require.Less(t, answered, 200, "the disk was not full")
	_, ok := p.send("/subscribe/payments/unschedule", `{"merchant_uid":"none"}`)
	require.False(t, ok, "an answer could show what is not saved")
	require.Equal(t, exitFailed, p.stop())
	require.Contains(t, p.stderr.String(), "saving the state")
	p = start(t, "-db", file)
	require.Len(t, p.state().Payments, answered)
}
