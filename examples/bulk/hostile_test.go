package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// A server's texts reach the results file as lines of cells that a spreadsheet shows and
// does not run, without control characters, and without what they quote of a card or of
// the credentials.
func TestResultsOfAHostileServer(t *testing.T) {
	t.Parallel()
	nasty := []string{
		`=HYPERLINK("http://evil.example")`, "+1", "-1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u00a0=1+1", "＝1+1", "＋1", "－1", "＠1",
		"'=1+1", "a\r\nb,c\n=1+1", "a\x1b[31mb\x00c\u0085d", "a\u202eb\u2066c\u200fd\u2028e\u2029f", "", "   ",
		"card_number=5409-2600-1234-5678&expiry=2031-07&birth=910817&pwd_2digit=73&cvc=481",
		`{"imp_key":"` + iamporttest.Key + `","imp_secret":"` + iamporttest.Secret + `"}`,
		"Authorization: Bearer 1234567890abcdef",
	}
	unsafe := regexp.MustCompile(`(?s)^\s*[=+@\-＝＋－＠]|[\x00-\x1f\x7f-\x9f\x{2028}\x{2029}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{200e}\x{200f}\x{61c}]`)
	secret := regexp.MustCompile(`5409|5678|2031-07|910817|\b73\b|\b481\b|` + iamporttest.Key + `|` + iamporttest.Secret + `|1234567890abcdef`)
	kinds := []func(order int, text string) string{
		func(_ int, text string) string { return fmt.Sprintf(`{"code":-1,"message":%s,"response":null}`, text) },
		func(_ int, text string) string {
			return fmt.Sprintf(`{"code":-1,"message":%s,"response":null}`, `"[F113] `+text[1:])
		},
		func(order int, text string) string {
			return fmt.Sprintf(`{"code":0,"message":null,"response":{"imp_uid":%[1]s,"merchant_uid":"order_%[2]d","amount":3000,"status":"failed","fail_reason":%[1]s}}`, text, order)
		},
		func(order int, text string) string {
			return fmt.Sprintf(`{"code":0,"message":null,"response":{"imp_uid":%s,"merchant_uid":"order_%d","amount":3000,"status":"paid"}}`, text, order)
		},
		func(order int, text string) string {
			return fmt.Sprintf(`{"code":0,"message":null,"response":{"imp_uid":%[1]s,"merchant_uid":"order_%[2]d","amount":3000,"status":%[1]s}}`, text, order)
		},
	}
	for _, text := range nasty {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, len(kinds))
			encoded, err := json.Marshal(text)
			require.NoError(t, err)
			faults := map[string]iamporttest.Fault{}
			for order, body := range kinds {
				faults[fmt.Sprintf("order_%d", order)] = iamporttest.Answer(200, "application/json", body(order, string(encoded)))
			}
			s.srv.InjectFunc(faultOf(faults))
			require.NoError(t, s.run(t.Context(), t, time.Minute, iamport.WithSettleWindow(time.Second)))

			data, err := os.ReadFile(s.path)
			require.NoError(t, err)
			require.Equal(t, len(kinds)+1, bytes.Count(data, []byte("\n")), "a row is a line\n%s", data)
			rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
			require.NoError(t, err)
			for _, row := range rows[1:] {
				for _, cell := range row {
					require.NotRegexp(t, unsafe, cell, "%q", text)
				}
				require.NotRegexp(t, secret, row[4], "%q", text)
			}
			info, err := os.Stat(s.path)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
			info, err = os.Stat(s.path + ".journal")
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

			// The next run reads the file, and leaves what is final alone.
			s.srv.InjectFunc(nil)
			before := s.begun()
			require.NoError(t, s.run(t.Context(), t, time.Minute))
			require.LessOrEqual(t, s.begun()-before, 1, "the one that was refused without a PG's code")
		})
	}
}
