package iamportotel_test

import (
	"errors"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPrograms runs the example programs to their end, and asks them for help.
func TestPrograms(t *testing.T) {
	t.Parallel()
	folder := t.TempDir() + "/"
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", folder, "./example/...").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for name, want := range map[string]string{
		"example": "charge\n" +
			"  GET /payments/findAll/{merchant_uid}          http.request.method=GET,http.response.status_code=404,iamport.code=-1," +
			"iamport.operation=EnsurePaid,iamport.purpose=look_up,url.template=/payments/findAll/{merchant_uid}\n" +
			"  GET /payments/findAll/{merchant_uid}          http.request.method=GET,http.response.status_code=200,iamport.code=0," +
			"iamport.operation=EnsurePaid,iamport.purpose=settle,url.template=/payments/findAll/{merchant_uid}\n" +
			"  POST /subscribe/payments/again                error.type=connection,http.request.method=POST," +
			"iamport.operation=EnsurePaid,iamport.outcome=paid,iamport.purpose=call,url.template=/subscribe/payments/again\n",
		"prometheus": `iamport_outcomes_total{operation="Onetime",outcome="paid"} 1`,
	} {
		run := func(args ...string) (string, int) {
			out, err := exec.CommandContext(t.Context(), folder+name, args...).CombinedOutput()
			if failed, ok := errors.AsType[*exec.ExitError](err); ok {
				return string(out), failed.ExitCode()
			}
			require.NoError(t, err)
			return string(out), 0
		}
		text, code := run()
		require.Equal(t, 0, code, name)
		require.Contains(t, text, want)
		text, code = run("-h")
		require.Equal(t, 0, code, name)
		require.Contains(t, text, "on a sandbox inside this program")
		for _, arg := range []string{"-no-such-flag", "argument"} {
			_, code = run(arg)
			require.Equal(t, 2, code, name)
		}
	}
}
