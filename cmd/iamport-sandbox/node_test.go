package main

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A program in another language gets what the documents of iamport say, with the fetch of Node.
func TestNode(t *testing.T) {
	t.Parallel()
	p := start(t, "-memory", "-require-token")
	out, err := exec.CommandContext(t.Context(), "node", "testdata/client.mjs", p.url).CombinedOutput()
	require.NoError(t, err, "Node must be installed: %s", out)
	status := map[string]int{}
	responses := map[string]map[string]any{}
	for line := range strings.Lines(string(out)) {
		var answer struct {
			Name, Method, Path string
			Status             int
			Envelope           json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(line), &answer), line)
		status[answer.Name] = answer.Status
		conforms(t, answer.Method, answer.Path, answer.Envelope)
		var e struct{ Response any }
		require.NoError(t, json.Unmarshal(answer.Envelope, &e))
		responses[answer.Name], _ = e.Response.(map[string]any)
	}
	require.Equal(t, map[string]int{"token": 200, "wrong token": 401, "key": 200, "again": 200, "onetime as a form": 200,
		"schedule": 200, "unschedule": 200, "cancel": 200, "find": 200, "get": 200, "list": 200, "schedules": 200,
		"not found": 404}, status)
	require.Equal(t, "홍길동", responses["key"]["customer_name"])
	require.Equal(t, "월간 이용권 정기결제", responses["again"]["name"])
	require.Equal(t, "node", responses["again"]["user_agent"])
	require.Equal(t, "paid", responses["onetime as a form"]["status"])
	require.InDelta(t, 900, responses["find"]["cancel_amount"], 0)
	require.InDelta(t, 2, responses["list"]["total"], 0)
	require.InDelta(t, 1, responses["schedules"]["total"], 0)
}
