package iamporttest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestTokenLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		first := s.token
		require.Regexp(t, `^[0-9a-f]{40}$`, first)
		r := s.signIn()
		require.Equal(t, `{"code":0,"message":null,"response":{"access_token":"`+first+
			`","now":946684800,"expired_at":946686600}}`, r.raw)

		time.Sleep(29 * time.Minute)
		r = s.signIn()
		require.Equal(t, first, s.token)
		require.Equal(t, "946686600", r.text("expired_at"), "a minute is left")

		time.Sleep(time.Second)
		r = s.signIn()
		require.Equal(t, first, s.token)
		require.Equal(t, "946686900", r.text("expired_at"), "five minutes more")

		time.Sleep(5*time.Minute + 58*time.Second)
		s.get("/payments/prepare/x").refused(404, "-1", "사전등록된")
		time.Sleep(time.Second)
		s.get("/payments/prepare/x").refused(401, "-1", "Unauthorized")
		r = s.signIn()
		require.NotEqual(t, first, s.token)
		require.Equal(t, "946688700", r.text("expired_at"))
		require.Equal(t, 5, s.srv.SignIns())
	})
}

func TestTokenExpiredByItsOwnCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithTokenLife(-time.Minute))
		r := s.signIn()
		require.Equal(t, "946684800", r.text("now"))
		require.Equal(t, "946684740", r.text("expired_at"))
		s.get("/payments/prepare/x").refused(404, "-1", "사전등록된")
		s.srv.RevokeTokens()
		s.get("/payments/prepare/x").refused(401, "-1", "Unauthorized")
	})
}

func TestRevokeTokens(t *testing.T) {
	t.Parallel()
	s := open(t)
	old := s.token
	s.srv.RevokeTokens()
	r := s.get("/subscribe/customers/c")
	require.Equal(t, 401, r.status)
	require.Equal(t, `{"code":-1,"message":"Unauthorized","response":null}`, r.raw)
	s.signIn()
	require.NotEqual(t, old, s.token)
}

func TestKeyPair(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.post("/users/getToken", `{"imp_key":"sandbox-key","imp_secret":"x"}`).refused(401, "-1", "인증에 실패하였습니다.")
	s.post("/users/getToken", `{"imp_key":"sandbox-key"}`).refused(400, "-1", "누락")
	s.post("/users/getToken", `{"imp_key":"sandbox-key","imp_secret":"x","y":1}`).refused(400, "-1", "unknown parameter y")
	form := s.request("POST", "/users/getToken", "imp_key=sandbox-key&imp_secret=sandbox-secret")
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r, err := s.send(form)
	require.NoError(t, err)
	require.Equal(t, s.token, r.text("access_token"))
	require.Equal(t, 2, s.srv.SignIns())
}

func TestTokenPlaces(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, place := range []struct {
		header, value string
		want          int
	}{
		{"Authorization", "Bearer " + s.token, 404},
		{"Authorization", s.token, 404},
		{"X-ImpTokenHeader", s.token, 404},
		{"Authorization", "Basic " + s.token, 401},
		{"Authorization", "", 401},
	} {
		r := s.request("GET", "/payments/prepare/x", "")
		r.Header.Del("Authorization")
		r.Header.Set(place.header, place.value)
		answer, err := s.send(r)
		require.NoError(t, err)
		require.Equal(t, place.want, answer.status, place)
	}
}
