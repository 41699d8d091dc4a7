package hostile_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// rawAnswer sends bytes over one connection, keeps it open, and returns the status line.
func rawAnswer(t *testing.T, h http.Handler, wait time.Duration, request string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ReadTimeout = time.Second // the shop's own protection
	server.Start()
	defer func() { server.CloseClientConnections(); server.Close() }()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(wait)))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "no answer: " + err.Error()
	}
	return line
}

// A body that is announced and does not come must not keep the answer back.
func TestWebhookAnnouncedBodyThatDoesNotCome(t *testing.T) {
	t.Parallel()
	client, _ := recordOf(t)
	for name, test := range map[string]struct {
		head, body, status string
		opts               []iamport.WebhookOption
	}{
		"wrong type":          {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n", "", "415", nil},
		"half a JSON":         {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n", `{"imp_uid":`, "400", nil},
		"chunked half a JSON": {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", "20\r\n{", "400", nil},
		"encoding":            {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n", "", "415", nil},
		"too large":           {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n", strings.Repeat(" ", 70000), "413", nil},
		"wrong method":        {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n", "", "405", nil},
		"wrong sender":        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n", "", "403", []iamport.WebhookOption{iamport.WithWebhookIPs()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := client.WebhookHandler(okFn, append(test.opts, iamport.WithWebhookTimeout(300*time.Millisecond))...)
			require.Contains(t, rawAnswer(t, h, 3*time.Second, test.head+test.body), test.status)
		})
	}
}

// A body that does not come ends the request at the time-out.
func TestWebhookBodyThatDoesNotCome(t *testing.T) {
	t.Parallel()
	client, lookups := recordOf(t)
	server := httptest.NewServer(client.WebhookHandler(nil, iamport.WithWebhookTimeout(50*time.Millisecond)))
	defer server.Close()
	body, writer := io.Pipe()
	defer func() { _ = writer.Close() }()
	go func() { _, _ = io.WriteString(writer, `{"imp_uid":`) }()
	resp, err := http.Post(server.URL, "application/json", body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 400, resp.StatusCode)
	require.Zero(t, lookups.Load())
}
