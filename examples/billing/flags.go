package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"regexp"
	"time"
)

const usage = `Billing bills the subscribers of a shop on a sandbox inside this program: no network, no money.

It exits with 0 if the jobs, the ledger and the books of the sandbox are equal to the won, 1 if not or if it
failed, 2 for bad flags, and 3 if a signal stopped it before the end; then it can be started again.

Flags:
`

// options are the values of the flags.
type options struct {
	plan             plan
	given            map[string]bool
	database, schema string
	dir              string
	workers          int
	reset, ui        bool
	listen           string
	verbose          bool
}

// schemaNames are the names that PostgreSQL and River take without quotes.
var schemaNames = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,45}$`)

// parse returns the options, or the code with which the program ends.
func parse(args []string, stderr io.Writer) (o options, code int) {
	flags := flag.NewFlagSet("billing", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.IntVar(&o.plan.subscribers, "subscribers", 1000, "how `many` subscribers there are")
	flags.IntVar(&o.plan.months, "months", 1, "how `many` months are billed")
	flags.DurationVar(&o.plan.day, "day", 100*time.Millisecond, "the `time` of a day of the fast clock")
	flags.StringVar(&o.plan.dunning, "dunning", "1,3,7", "the `days` after a decline on which the card is tried again")
	flags.Uint64Var(&o.plan.seed, "seed", 1, "decides what goes wrong: the same `number`, the same trouble")
	flags.StringVar(&o.database, "database", "", "`URL` of a PostgreSQL, such as postgres://postgres@127.0.0.1/test; without it, SQLite")
	flags.StringVar(&o.schema, "schema", "iamport_billing", "the `schema` in PostgreSQL; it is created, and stays")
	flags.IntVar(&o.workers, "workers", 0, "how `many` worker processes there are; 0: this process works")
	flags.StringVar(&o.dir, "dir", "", "`folder` of the SQLite files, which stay there; without it, a temporary one")
	flags.BoolVar(&o.reset, "reset", false, "remove what the last run left in -schema or -dir, and start again")
	flags.BoolVar(&o.ui, "ui", false, "serve River's page until Ctrl-C")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8090", "the loopback `address` of -ui")
	flags.BoolVar(&o.verbose, "v", false, "print what River and the client log")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return o, exitOK
	} else if err != nil {
		return o, exitBadFlags
	}
	o.given = make(map[string]bool)
	flags.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	if wrong := o.wrong(flags.Args()); wrong != "" {
		_, _ = fmt.Fprintln(stderr, "billing:", wrong)
		_, _ = fmt.Fprintln(stderr, "-h describes the flags.")
		return o, exitBadFlags
	}
	return o, -1
}

// wrong returns what is wrong with the flags.
func (o options) wrong(args []string) string {
	_, badDunning := o.plan.waits()
	switch {
	case len(args) > 0:
		return fmt.Sprintf("unexpected argument %q", args[0])
	case o.plan.subscribers < 1 || o.plan.subscribers > 100_000:
		return "-subscribers must be 1 to 100,000"
	case o.plan.months < 1 || o.plan.months > 36:
		return "-months must be 1 to 36"
	case o.plan.day < time.Millisecond || o.plan.day > 24*time.Hour:
		return "-day must be 1ms to 24h"
	case badDunning != nil:
		return badDunning.Error()
	case o.workers < 0 || o.workers > 20:
		return "-workers must be 0 to 20"
	case o.workers > 0 && o.database == "":
		return "-workers needs -database: SQLite is for one process"
	case o.dir != "" && o.database != "":
		return "-dir is for SQLite, and -database for PostgreSQL: give one of them"
	case o.given["schema"] && o.database == "":
		return "-schema needs -database"
	case !schemaNames.MatchString(o.schema):
		return "-schema must be a name of small letters, digits and underscores"
	case o.reset && o.dir == "" && o.database == "":
		return "-reset needs -dir or -database: without them each run starts with nothing"
	case o.given["listen"] && !o.ui:
		return "-listen needs -ui"
	case !isLoopback(o.listen):
		return "-listen must be a loopback address such as 127.0.0.1:8090: River's page has no password"
	}
	return ""
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
