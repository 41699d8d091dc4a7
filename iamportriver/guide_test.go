package iamportriver

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// The queries of the guide run.
func TestQueriesOfTheGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../docs/durable-billing.md")
	require.NoError(t, err)
	db := emptyPostgres(t)
	s := newShop(t, db, nil)
	s.insert(won("order-1", "card-1"))
	s.start()
	s.ends(1)
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	require.Len(t, queries, 5)
	for _, query := range queries {
		_, err := db.pool.exec(t.Context(), query[1])
		require.NoError(t, err, query[1])
	}
}
