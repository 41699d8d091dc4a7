package iamporttest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// signIn issues the token of the shop: the same one until it expires, extended by five minutes in its last minute.
func (s *Server) signIn(c *call) answer {
	key, secret := c.params.text("imp_key"), c.params.text("imp_secret")
	if a := c.mistake(); a != nil {
		return *a
	}
	if key == "" || secret == "" {
		return fail(http.StatusBadRequest, "imp_key, imp_secret 파라메터가 누락되었습니다.")
	}
	if key != Key || secret != Secret {
		return fail(http.StatusUnauthorized, "인증에 실패하였습니다. API키와 secret을 확인하세요.")
	}
	expiry, known := s.tokens[hashed(s.current)]
	switch left := expiry - c.at(); {
	case !known || left <= 0:
		s.current = newToken()
		expiry = c.at() + int64(s.tokenLife.Seconds())
	case left < 60:
		expiry += 300
	}
	s.tokens[hashed(s.current)] = expiry
	s.changed(kindToken, hashed(s.current))
	s.signIns++
	return ok(object{{"access_token", s.current}, {"now", c.at()}, {"expired_at", expiry}})
}

func newToken() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // crashes the process rather than fail
	return hex.EncodeToString(b[:])
}

// hashed is what the server keeps of a token, apart from the current one.
func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// RevokeTokens makes all issued tokens invalid: they are answered 401 from now on, and the next POST /users/getToken
// issues a new one.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token := range s.tokens {
		s.changed(kindToken, token)
	}
	clear(s.tokens)
	s.current = ""
}

// authorized accepts the token in each of the three places of the API's documents, old ones included.
func (s *Server) authorized(r *http.Request, now time.Time) bool {
	token := r.Header.Get("Authorization")
	if token == "" {
		token = r.Header.Get("X-ImpTokenHeader")
	}
	token = strings.TrimPrefix(token, "Bearer ")
	if token == "" && s.optionalToken {
		return true
	}
	expiry, known := s.tokens[hashed(token)]
	return known && (s.tokenLife <= 0 || now.Unix() < expiry)
}
