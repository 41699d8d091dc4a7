package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// If the file cannot grow, requests have no answer, and what was answered is in the file.
func TestDiskThatIsFull(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	limited := command(t, "-listen", "127.0.0.1:0", "-db", file)
	limited.Args = append([]string{"sh", "-c", `ulimit -f 600; exec "$0" "$@"`}, append([]string{limited.Path}, limited.Args[1:]...)...)
	var err error
	limited.Path, err = exec.LookPath("sh")
	require.NoError(t, err)
	p := launch(t, limited)
	var answered []string
	for i, lost := 0, 0; lost < 10; i++ {
		require.Less(t, i, 1000, "the disk is not full")
		order := fmt.Sprint("o", i)
		e, ok := p.send("/subscribe/payments/onetime", fmt.Sprintf(
			`{"merchant_uid":%q,"card_number":"1234-1234-1234-1234","expiry":"2030-12","amount":3000}`, order))
		if !ok {
			lost++
			continue
		}
		require.Equal(t, "paid", e.Response["status"])
		answered = append(answered, order)
	}
	require.NotEmpty(t, answered)
	p.stop()
	p = start(t, "-db", file)
	saved := map[string]string{}
	for _, payment := range p.state(1000).Payments {
		saved[payment.MerchantUID] = payment.Status
	}
	for _, order := range answered {
		require.Equal(t, "paid", saved[order], order)
	}
}
