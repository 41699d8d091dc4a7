package main

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkCharges charges with 64 clients at once, through a port, with the state on disk.
func BenchmarkCharges(b *testing.B) {
	for name, flags := range map[string][]string{
		"disk":   {"-db", filepath.Join(b.TempDir(), "s.db")},
		"memory": {"-memory"},
	} {
		b.Run(name, func(b *testing.B) { benchmarkCharges(b, flags) })
	}
}

func benchmarkCharges(b *testing.B, flags []string) {
	url := start(b, flags...).url
	const clients = 64
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	var next atomic.Int64
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	b.ResetTimer()
	start := time.Now()
	for range clients {
		all.Go(func() {
			var mine []time.Duration
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				body := fmt.Sprintf(`{"merchant_uid":"b_%d_%d","card_number":"1234-1234-1234-1234","expiry":"2030-12","amount":3000}`, b.N, n)
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url+"/subscribe/payments/onetime", strings.NewReader(body))
				if err != nil {
					b.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/json")
				sent := time.Now()
				answer, err := transport.RoundTrip(r)
				if err != nil {
					b.Error(err)
					return
				}
				text, err := io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				if err != nil || !strings.Contains(string(text), `"status":"paid"`) {
					b.Errorf("%v %s", err, text)
					return
				}
				mine = append(mine, time.Since(sent))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	if len(took) > 0 {
		b.ReportMetric(float64(len(took))/time.Since(start).Seconds(), "charges/s")
		b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
	}
}
