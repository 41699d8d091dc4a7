package fault

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"

	"github.com/iamport-go/iamport/iamporttest"
)

// maxRules is how many rules there may be.
const maxRules = 1000

// Rule is one rule as it is now.
type Rule struct {
	ID   int64  `json:"id"`
	Text string `json:"rule"`
	// Left is how often the rule will act; -1 is without end.
	Left int `json:"left"`
	// Used is how often the rule has acted.
	Used int `json:"used"`
}

// Rules are the fault rules of a server. All methods are safe for concurrent use.
type Rules struct {
	server *iamporttest.Server

	mu    sync.Mutex
	last  int64
	rules []*rule
}

type rule struct {
	Rule
	parsed
	pattern iamporttest.Pattern
	dice    *rand.Rand
}

// New returns the rules of srv. It takes the place of [iamporttest.Server.InjectFunc].
func New(srv *iamporttest.Server) *Rules {
	rules := &Rules{server: srv}
	srv.InjectFunc(rules.choose)
	return rules
}

// Add adds a rule, which comes after the others. See [Grammar].
func (l *Rules) Add(text string) (Rule, error) {
	p, err := parse(text)
	if err != nil {
		return Rule{}, fmt.Errorf("fault rule %q: %w", text, err)
	}
	pattern, err := l.server.Pattern(p.pattern, p.fault)
	if err != nil {
		return Rule{}, fmt.Errorf("fault rule %q: %w", text, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rules) == maxRules {
		return Rule{}, fmt.Errorf("there are %d fault rules already", maxRules)
	}
	l.last++
	left := p.times
	if left == 0 {
		left = -1
	}
	added := &rule{Rule: Rule{ID: l.last, Text: text, Left: left}, parsed: p, pattern: pattern,
		dice: rand.New(rand.NewPCG(p.seed, 0))} //nolint:gosec // Faults must be repeatable, not secret.
	l.rules = append(l.rules, added)
	return added.Rule, nil
}

// Remove removes a rule and reports whether there was one.
func (l *Rules) Remove(id int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.rules)
	l.rules = slices.DeleteFunc(l.rules, func(r *rule) bool { return r.ID == id })
	return len(l.rules) < before
}

// List returns the rules in their order, also those that will not act again.
func (l *Rules) List() []Rule {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]Rule, 0, len(l.rules))
	for _, r := range l.rules {
		list = append(list, r.Rule)
	}
	return list
}

// choose returns the fault of the first rule that acts on r, nil if none does.
func (l *Rules) choose(r *http.Request) *iamporttest.Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, rule := range l.rules {
		if rule.Left == 0 || !l.server.Matches(rule.pattern, r) || rule.chance < 1 && rule.dice.Float64() >= rule.chance {
			continue
		}
		rule.Used++
		if rule.Left > 0 {
			rule.Left--
		}
		return new(rule.fault)
	}
	return nil
}

// Check returns the error of [Rules.Add] for text.
func Check(text string) error {
	_, err := New(iamporttest.NewServer()).Add(text)
	return err
}
