package iamportriver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// paused reports whether a queue is paused.
func (s *shop[TTx]) paused(queue string) bool {
	s.t.Helper()
	q, err := s.river.QueueGet(s.t.Context(), queue)
	require.NoError(s.t, err)
	return q.PausedAt != nil
}

func TestCircuit(t *testing.T) { onBoth(t, testCircuit[pgx.Tx], testCircuit[*sql.Tx]) }

// The queue of a PG rests after five unknown outcomes in a row, the others go on, and the rest
// ends by itself.
func testCircuit[TTx any](t *testing.T, db Database[TTx]) {
	var alarms atomic.Int64
	s := newShop(t, db, func(c *Config[TTx]) {
		c.Circuit, c.CircuitRest = 5, time.Second
		c.PGs = map[iamport.PG]PG{iamport.PGNice: {}}
		c.OnCircuit = func(_ context.Context, queue string, reason error) {
			if queue != "iamport" || reason == nil {
				t.Errorf("alarm for %s: %v", queue, reason)
			}
			alarms.Add(1)
		}
	})
	var down atomic.Bool
	down.Store(true)
	s.server.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		if down.Load() && strings.HasPrefix(r.URL.Path, "/payments/") {
			return new(iamporttest.Answer(503, "text/html", "maintenance"))
		}
		return nil
	})
	s.start()
	for i := range 5 {
		s.insert(won(fmt.Sprintf("order-%d", i), "card-1"))
	}
	require.Eventually(t, func() bool { return s.paused("iamport") }, 10*time.Second, 5*time.Millisecond)
	require.Eventually(t, func() bool { return alarms.Load() == 1 }, 10*time.Second, 5*time.Millisecond)
	other := won("nice-1", "card-2")
	other.PG = iamport.PGNice
	require.False(t, s.paused("iamport_nice"))
	down.Store(false)
	s.insert(other)
	s.ends(6)
	require.False(t, s.paused("iamport"))
	require.Equal(t, 6, s.server.TotalCharges())
}

func TestPauseIsKept(t *testing.T) { onBoth(t, testPauseIsKept[pgx.Tx], testPauseIsKept[*sql.Tx]) }

// The end of a circuit's rest does not end the pause of a person.
func testPauseIsKept[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	s.start()
	require.Eventually(t, func() bool {
		_, err := s.river.QueueGet(t.Context(), "iamport")
		return err == nil
	}, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, s.river.QueuePause(t.Context(), "iamport", nil)) // the circuit
	resting, err := s.river.QueueGet(t.Context(), "iamport")
	require.NoError(t, err)
	time.Sleep(10 * time.Millisecond)
	require.NoError(t, s.Pause(t.Context(), s.river, ""))
	_, err = s.river.Insert(t.Context(), resumeArgs{Queue: "iamport", PausedAt: *resting.PausedAt}, nil)
	require.NoError(t, err)
	s.jobs("iamport_resume")
	require.True(t, s.paused("iamport"))
	s.insert(won("order-1", "card-1"))
	time.Sleep(300 * time.Millisecond)
	require.Zero(t, s.server.TotalCharges())
	require.NoError(t, s.Resume(t.Context(), s.river, ""))
	s.ends(1)
}

// Only unknown outcomes in a row count.
func TestCircuitCountsInARow(t *testing.T) {
	t.Parallel()
	s := newShop(t, emptySQLite(t), func(c *Config[*sql.Tx]) { c.Circuit = 3 })
	queue := queueOf("")
	for range 4 {
		for range 2 {
			s.trip(t.Context(), queue, errors.New("unknown")) // the third pauses, which needs a worker's context
		}
		s.circuits[queue].known()
	}
	require.Zero(t, s.circuits[queue].inARow.Load())
}

// Each PG has a client and a queue of its own.
func TestClientsOfPGs(t *testing.T) { onBoth(t, testClientsOfPGs[pgx.Tx], testClientsOfPGs[*sql.Tx]) }

func testClientsOfPGs[TTx any](t *testing.T, db Database[TTx]) {
	other := iamporttest.NewServer(iamporttest.WithCustomers("card-1"))
	s := newShop(t, db, func(c *Config[TTx]) {
		c.PGs = map[iamport.PG]PG{iamport.PGNice: {Client: newClient(t, other, iamport.WithJournal(db.Journal())), Workers: 2}, iamport.PGDaou: {}}
	})
	for i, pg := range []iamport.PG{"", iamport.PGNice, iamport.PGDaou} {
		a := won(fmt.Sprintf("order-%d", i), "card-1")
		a.PG = pg
		s.insert(a)
	}
	s.start()
	s.ends(3)
	require.Equal(t, []string{"order-1"}, other.ChargedUIDs())
	require.Equal(t, 2, s.server.TotalCharges())
	var queues []string
	for _, job := range s.jobs("iamport_charge") {
		queues = append(queues, job.Queue)
	}
	require.Equal(t, []string{"iamport", "iamport_nice", "iamport_daou"}, queues)
}

func TestCircuitOfAPausedQueue(t *testing.T) {
	onBoth(t, testCircuitOfAPausedQueue[pgx.Tx], testCircuitOfAPausedQueue[*sql.Tx])
}

// Charges that are in progress when a person pauses their queue end as unknown. The circuit then
// leaves the pause to the person: it inserts no job that ends it, and gives no alarm.
func testCircuitOfAPausedQueue[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) {
		c.Circuit, c.CircuitRest = 2, 10*time.Millisecond
		c.OnCircuit = func(context.Context, string, error) { t.Error("the queue was paused before") }
	})
	inProgress, paused := make(chan bool, 2), make(chan bool)
	s.server.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		if strings.HasPrefix(r.URL.Path, "/payments/") {
			select {
			case inProgress <- true:
			default: // a look-up that is repeated
			}
			<-paused
			return new(iamporttest.Answer(503, "text/html", "maintenance"))
		}
		return nil
	})
	s.insert(won("order-1", "card-1"), won("order-2", "card-1"))
	s.start()
	<-inProgress
	<-inProgress
	require.NoError(t, s.Pause(t.Context(), s.river, ""))
	close(paused)
	require.Eventually(t, func() bool {
		waiting, err := s.Database.pool.texts(t.Context(), `SELECT merchant_uid FROM iamport_orders WHERE unknown_since IS NOT NULL`)
		return err == nil && len(waiting) == 2
	}, 10*time.Second, 10*time.Millisecond)
	time.Sleep(time.Second) // the resting time, and one look for jobs that are due
	require.True(t, s.paused("iamport"), "the circuit ended the pause of a person")
	resumes, err := s.river.JobList(t.Context(), river.NewJobListParams().Kinds("iamport_resume"))
	require.NoError(t, err)
	require.Empty(t, resumes.Jobs)
}

func TestCircuitAndPendingRecords(t *testing.T) {
	onBoth(t, testCircuitAndPendingRecords[pgx.Tx], testCircuitAndPendingRecords[*sql.Tx])
}

// Orders whose records stay pending are looked up again and again. They do not stop the others.
func testCircuitAndPendingRecords[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) {
		c.Circuit = 3
		c.OnCircuit = func(_ context.Context, _ string, reason error) { t.Error("alarm: ", reason) }
	})
	s.server.Inject(again, iamporttest.Pending(time.Hour, true), iamporttest.Pending(time.Hour, true))
	s.insert(won("order-1", "card-1"), won("order-2", "card-1"))
	s.start()
	require.Eventually(t, func() bool {
		looks := 0
		for _, r := range s.server.Requests() {
			if strings.HasPrefix(r.Path, "/payments/findAll") {
				looks++
			}
		}
		return looks > 12
	}, 15*time.Second, 10*time.Millisecond)
	require.False(t, s.paused("iamport"))
}
