package hostile_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// A look-up of an order with endless pages reads ten of them, and decides nothing.
func TestLookUpWithoutEndIsBounded(t *testing.T) {
	t.Parallel()
	for op, do := range map[string]clienttest.Op{
		"EnsurePaid": clienttest.Changes["EnsurePaid"],
		"Settle":     clienttest.Reads["Settle"],
		"EnsureRefunded": func(ctx context.Context, c *iamport.Client) error {
			return clienttest.ErrorOf(c.EnsureRefunded(ctx, iamport.CancelRequest{MerchantUID: "order-1", Full: true, Checksum: iamport.KRW(3000)}))
		},
	} {
		shop := &clienttest.Shop{LookUp: func(r *http.Request) (*http.Response, error) {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			page = max(page, 1)
			return clienttest.JSON(200, clienttest.Envelope(fmt.Sprintf(`{"total":1000000,"previous":%d,"next":%d,"list":[%s]}`,
				page-1, page+1, clienttest.RecordOf(fmt.Sprint("imps_", page), "failed", "")))), nil
		}}
		err := do(t.Context(), clienttest.NewClient(t, shop))
		require.ErrorAs(t, err, new(*iamport.OutcomeUnknownError), op)
		require.Equal(t, int64(10), shop.LookUps.Load(), op)
		require.Zero(t, shop.Charges.Load(), op)
	}
}
