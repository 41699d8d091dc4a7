package pages_test

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// heap returns the bytes that are in use after a collection.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// No t.Parallel: another test's memory would count.
func TestAHundredThousandPaymentsTakeFlatMemory(t *testing.T) {
	const pages, size = 100, 1000
	s := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/users/getToken" {
			return clienttest.AnsweringJSON(200, clienttest.SignInJSON)(r)
		}
		n := pageNumber(r)
		return clienttest.AnsweringJSON(200, clienttest.Envelope(fmt.Sprintf(`{"total":%d,"previous":%d,"next":%d,"list":%s}`,
			pages*size, n-1, (n+1)%(pages+1), items((n-1)*size, size))))(r)
	})
	count, early, late := 0, uint64(0), uint64(0)
	for _, err := range clienttest.NewClient(t, s).FindPayments(t.Context(), "m-1", iamport.FindPaymentsQuery{PageSize: size}) {
		require.NoError(t, err)
		if count++; count%5000 == 0 {
			if used := heap(); count <= 20_000 {
				early = max(early, used)
			} else {
				late = max(late, used)
			}
		}
	}
	require.Equal(t, pages*size, count)
	// All of them would take more than 60 MB.
	require.Less(t, late, early+8<<20, "it grows with the number of payments")
}
