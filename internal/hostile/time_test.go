package hostile_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

var onetime = iamport.OnetimeRequest{
	MerchantUID: "o", Amount: iamport.KRW(1), Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
}

// A message of megabytes is truncated before it is searched for the card, so that the
// caller's deadline is kept.
func TestLongMessageWithinTheDeadline(t *testing.T) {
	t.Parallel()
	body := packed(t, `{"code":-1,"message":"`, "1234-1234-1234-", 900<<10, `","response":null}`)
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := c.Onetime(ctx, onetime)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "1234-1234-1234-1234")
	require.NoError(t, ctx.Err())
}

// A message of 30 MiB is not read to its end, with or without Content-Length.
func TestMessageOf30MiBIsNotRead(t *testing.T) {
	t.Parallel()
	const size = 30 << 20
	block := strings.Repeat("1234-", 64<<10/5)
	for name, told := range map[string]bool{"length told": true, "length not told": false} {
		var written atomic.Int64
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if told {
				w.Header().Set("Content-Length", fmt.Sprint(size))
			}
			_, err := io.WriteString(w, `{"code":-1,"message":"`)
			for err == nil && written.Load() < size {
				var n int
				n, err = io.WriteString(w, block)
				written.Add(int64(n))
			}
		})
		_, err := c.Onetime(t.Context(), onetime)
		require.ErrorAs(t, err, new(*iamport.OutcomeUnknownError), name)
		require.NotContains(t, err.Error(), "1234-1234", name)
		require.Less(t, written.Load(), int64(size/2), "%s: the rest stays in the buffers of the connection", name)
	}
}

// The caller's context ends the reading of a slow message.
func TestContextEndsTheReading(t *testing.T) {
	t.Parallel()
	for op, do := range map[string]clienttest.Op{"charge": clienttest.Changes["Again"], "read": clienttest.Reads["GetPayment"]} {
		synctest.Test(t, func(t *testing.T) {
			c := clienttest.NewClient(t, clienttest.Always(func(r *http.Request) (*http.Response, error) {
				resp := clienttest.JSON(200, "")
				resp.ContentLength, resp.Body = 30<<20, io.NopCloser(slowly{r.Context()})
				return resp, nil
			}))
			ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
			defer cancel()
			began := time.Now()
			require.ErrorIs(t, do(ctx, c), context.DeadlineExceeded, op)
			require.Equal(t, 7*time.Second, time.Since(began), op)
		})
	}
}

// slowly is a body that returns a kilobyte a second, until its request ends.
type slowly struct{ ctx context.Context }

func (s slowly) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		return copy(p, strings.Repeat(" ", 1<<10)), nil
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}

// A look-up with texts that are hard to search takes no longer than one with ordinary
// texts of the same length.
func TestTextsOfALookUpAreSearchedInLinearTime(t *testing.T) { // not parallel: it compares times
	if raced {
		t.Skip("the race detector makes the times another")
	}
	took := func(unit string) time.Duration {
		records := make([]string, 40)
		for i := range records {
			text := strings.ReplaceAll(strings.Repeat(unit, 8<<10/len(unit)), `\`, `\\`)
			records[i] = fmt.Sprintf(`{"imp_uid":"imps_%d","merchant_uid":"order-1","amount":3000,"status":"failed","fail_reason":"%s"}`, i, text)
		}
		c := clienttest.NewClient(t, &clienttest.Shop{LookUp: clienttest.Listing(records...)})
		best := time.Hour
		for range 3 {
			began := time.Now()
			_, err := c.Settle(t.Context(), "order-1", "a")
			best = min(best, time.Since(began))
			require.ErrorAs(t, err, new(*iamport.OutcomeUnknownError))
		}
		return best
	}
	ordinary := took("declined ")
	for _, unit := range []string{"cvc", "expiry", "card_number", `\`} {
		require.Less(t, took(unit), 50*ordinary, unit)
	}
}
