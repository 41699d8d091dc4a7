package iamporttest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestClockCanBeSet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := iamporttest.NewServer(iamporttest.WithClockOffset(time.Hour))
		require.Equal(t, time.Hour, time.Until(srv.Now()))
		srv.SetClockOffset(-time.Minute)
		require.Equal(t, -time.Minute, time.Until(srv.Now()))
	})
}
