package journal

// Entries counts the entries in memory, those that are too old included.
func (m *Memory) Entries() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, e := range m.orders {
		for ; e != nil; e = e.next {
			n++
		}
	}
	return n
}

// Orders counts the orders in memory.
func (m *Memory) Orders() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.orders)
}

// Texts returns every order and id in memory.
func (m *Memory) Texts() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var texts []string
	for order, e := range m.orders {
		texts = append(texts, order)
		for ; e != nil; e = e.next {
			texts = append(texts, e.order, e.id)
		}
	}
	return texts
}
