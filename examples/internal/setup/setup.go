// Package setup makes the client of the example programs: for the sandbox inside the
// program, or for the real API if IAMPORT_KEY and IAMPORT_SECRET are set.
package setup

import (
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

var realCharge = flag.Bool("charge-real-card", false, "with IAMPORT_KEY and IAMPORT_SECRET set: really charge the card")

// Shop is the environment of an example.
type Shop struct {
	*iamport.Client
	// Sandbox is the server inside this program, nil for the real API.
	Sandbox *iamporttest.Server
	// Card is the guide's dummy card, or for the real API that of the environment.
	Card iamport.Card

	run string
}

const usage = `%s

Without IAMPORT_KEY and IAMPORT_SECRET it runs on a sandbox inside this program: no network, no money.

Environment:
  IAMPORT_KEY, IAMPORT_SECRET    the REST API key and secret; with both the real API is used
  IAMPORT_CARD_NUMBER            the card to charge there: 14 to 16 digits
  IAMPORT_CARD_EXPIRY            its expiry, YYYY-MM
  IAMPORT_CARD_BIRTH             the holder's date of birth, YYMMDD
  IAMPORT_CARD_PWD               the first two digits of its password

Flags:
`

// Open reads the flags and the environment and prints in one line which API is
// charged. It ends the program if real charges are not allowed by the flag. about is
// what -h prints of the program.
func Open(about string, opts ...iamport.Option) *Shop {
	flag.Usage = func() {
		_, _ = fmt.Fprintf(flag.CommandLine.Output(), usage, about)
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() > 0 {
		_, _ = fmt.Fprintf(flag.CommandLine.Output(), "unexpected argument %q\n", flag.Arg(0))
		flag.Usage()
		os.Exit(2)
	}
	log.SetFlags(0)
	key, secret := os.Getenv("IAMPORT_KEY"), os.Getenv("IAMPORT_SECRET")
	if (key == "") != (secret == "") {
		log.Fatal("Set both IAMPORT_KEY and IAMPORT_SECRET, or neither. Nothing was sent.")
	}
	if key == "" {
		fmt.Println("Sandbox inside this program: no network, no money. Set IAMPORT_KEY and IAMPORT_SECRET for the real API.")
		sandbox := iamporttest.NewServer()
		client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
			append(opts, iamport.WithHTTPClient(sandbox.Client()))...)
		Check(err)
		return &Shop{Client: client, Sandbox: sandbox, Card: iamport.Card{
			Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00",
		}}
	}
	fmt.Println("Real API at " + iamport.DefaultBaseURL + ", with the card of IAMPORT_CARD_NUMBER, _EXPIRY, _BIRTH and _PWD. What is charged stays charged.")
	if !*realCharge {
		log.Fatal("Say so with -charge-real-card. Nothing was sent.")
	}
	client, err := iamport.NewClient(key, secret, opts...)
	Check(err)
	return &Shop{Client: client, run: "-" + time.Now().Format("060102-150405"), Card: iamport.Card{
		Number: os.Getenv("IAMPORT_CARD_NUMBER"), Expiry: os.Getenv("IAMPORT_CARD_EXPIRY"),
		Birth: os.Getenv("IAMPORT_CARD_BIRTH"), Pwd2Digit: os.Getenv("IAMPORT_CARD_PWD"),
	}}
}

// ID returns an order number or customer id: name itself for the sandbox, unique to
// this run for the real API.
func (s *Shop) ID(name string) string { return name + s.run }

// Check ends the program on an error.
func Check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
