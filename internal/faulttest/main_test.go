package faulttest_test

import (
	"flag"
	"os"
	"testing"

	"github.com/rs/zerolog"
)

// helperEnv names the helper that a child process runs instead of the tests.
const helperEnv = "FAULTTEST_HELPER"

// helpers are what the test binary can be started again as. A helper gets its
// arguments through the environment and returns the exit status.
var helpers = map[string]func() int{"ensure": ensureHelper}

func TestMain(m *testing.M) {
	zerolog.SetGlobalLevel(zerolog.Disabled)
	if name := os.Getenv(helperEnv); name != "" {
		os.Exit(helpers[name]())
	}
	flag.Parse()
	// A row mostly waits for time-outs, so more rows than processors run at a time,
	// unless the caller sets the number.
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if !asked {
		_ = flag.Set("test.parallel", "8")
	}
	os.Exit(m.Run())
}
