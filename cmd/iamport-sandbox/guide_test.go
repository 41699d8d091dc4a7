package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// guide runs one call of the guide with curl.
func (p *program) guide(call string) envelope {
	p.t.Helper()
	out, err := exec.CommandContext(p.t.Context(), "sh", "testdata/guide.sh", p.url, call).Output()
	require.NoError(p.t, err, "curl must be installed")
	path := map[string]string{"onetime": "/subscribe/payments/onetime", "key": "/subscribe/customers/your-customer-unique-id",
		"key-and-payment": "/subscribe/payments/onetime", "again": "/subscribe/payments/again"}[call]
	conforms(p.t, "POST", path, out)
	return read(p.t, string(out))
}

// Each call of the guide works as it is written: without a token, with a past expiry.
func TestGuideByCurl(t *testing.T) {
	t.Parallel()
	const uid = "your-customer-unique-id"
	p := start(t, "-memory")
	paid := p.guide("onetime")
	require.Zero(t, paid.Code, paid.Message)
	require.Equal(t, "paid", paid.Response["status"])
	require.Equal(t, "order_id_8237352", paid.Response["merchant_uid"])
	require.InDelta(t, 3000, paid.Response["amount"], 0)
	key := p.guide("key")
	require.Zero(t, key.Code, key.Message)
	require.Equal(t, uid, key.Response["customer_uid"])

	// The guide uses one merchant_uid for three charges. The second one is refused, as iamport refuses it.
	for _, call := range []string{"onetime", "key-and-payment", "again"} {
		refused := p.guide(call)
		require.Equal(t, 1, refused.Code)
		require.Contains(t, refused.Message, "merchant_uid")
	}

	p = start(t, "-memory")
	first := p.guide("key-and-payment")
	require.Equal(t, "paid", first.Response["status"], first.Message)
	require.Equal(t, uid, first.Response["customer_uid"])
	require.Zero(t, p.get("/subscribe/customers/"+uid).Code)

	p = start(t, "-memory")
	require.Equal(t, 1, p.guide("again").Code, "there is no key yet")
	require.Zero(t, p.guide("key").Code)
	require.Equal(t, "paid", p.guide("again").Response["status"])
}

// The commands of the start text work.
func TestStartTextCommands(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{"-memory"}, {"-memory", "-require-token"}} {
		p := start(t, flags...)
		script := ""
		for _, line := range regexp.MustCompile(`(?m)^  (.*)$`).FindAllStringSubmatch(p.stdout, -1) {
			script += line[1] + "\n"
		}
		out, err := exec.CommandContext(t.Context(), "sh", "-euc", script).Output()
		require.NoError(t, err, script)
		require.Equal(t, "paid", read(t, string(out)).Response["status"])
	}
}

// The script has the bodies that the wire tests of the package have from the guide.
func TestGuideScriptIsTheGuide(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("testdata/guide.sh")
	require.NoError(t, err)
	bodies := regexp.MustCompile(`-d '(.*)'`).FindAllStringSubmatch(string(script), -1)
	goldens := []string{"onetime_guide", "register_customer_guide", "onetime_store_guide", "again_guide"}
	require.Len(t, bodies, len(goldens))
	for i, name := range goldens {
		golden, err := os.ReadFile("../../internal/wire/testdata/" + name + ".http")
		require.NoError(t, err)
		_, rest, _ := strings.Cut(string(golden), "\n")
		body, _, _ := strings.Cut(rest, "---")
		require.JSONEq(t, body, bodies[i][1], name)
	}
}
