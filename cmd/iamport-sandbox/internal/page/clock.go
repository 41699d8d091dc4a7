package page

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/clock"
)

// jumps are the periods of the buttons. Their texts have the key "jump." with the period.
var jumps = []string{"1h", "1d", "7d", "31d"}

// clock shows the time of the sandbox.
func (p *Page) clock(v *view, _ *http.Request) (screen, error) {
	offset := p.box.Clock.Offset().Round(time.Second)
	days := int(offset / (24 * time.Hour))
	return screen{"clock", struct {
		*view
		Days  int
		Rest  string
		Jumps []string
	}{v, days, time.Time{}.Add(offset % (24 * time.Hour)).Format(time.TimeOnly), jumps}}, nil
}

// jump moves the clock forward by a period.
func (p *Page) jump(r *http.Request) (string, error) {
	by, err := clock.ParsePeriod(strings.TrimSpace(r.PostFormValue("by")))
	if err == nil && by > clock.Latest.Sub(p.box.Clock.Now()) {
		err = p.box.Clock.Jump(by) // refuses it
	}
	if err != nil {
		return "", problem{err}
	}
	if err := p.box.Jump(by); err != nil {
		return "", errSave
	}
	return "jumped", nil
}

// Factor is the speed of the clock, such as "43200x".
func (v *view) Factor() string { return strconv.FormatFloat(v.Speed, 'g', 10, 64) + "x" }
