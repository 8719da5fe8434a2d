package engine

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"
)

// tenantCounts counts in how many windows each tenant has events. It stands for the windows' own lists, which may be long: those of
// sealed windows are in files.
type tenantCounts struct {
	mu      sync.Mutex
	windows map[string]int
	sorted  []string // never changed in place; nil when it is to be made again
}

// add notes that one more window has events of each tenant.
func (c *tenantCounts) add(tenants ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.windows == nil {
		c.windows = make(map[string]int)
	}
	for _, t := range tenants {
		if c.windows[t]++; c.windows[t] == 1 {
			c.sorted = nil
		}
	}
}

// remove notes that a window is gone.
func (c *tenantCounts) remove(tenants []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range tenants {
		if c.windows[t]--; c.windows[t] == 0 {
			delete(c.windows, t)
			c.sorted = nil
		}
	}
}

func (c *tenantCounts) list() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sorted == nil {
		c.sorted = sortedKeys(c.windows)
	}
	return c.sorted
}

// The tenants file of a sealed window: magic (8) | count (8) | reserved (8) | each name behind its length, ascending | xxhash64. It is derived: a
// window whose file is lost computes it again from its events.
const (
	tenantsName  = "tenants"
	tenantsMagic = "ANLTEN\x00\x01"
)

func writeTenants(path string, tenants []string) error {
	return writeChecked(path, func(w io.Writer) error {
		buf := binary.LittleEndian.AppendUint64([]byte(tenantsMagic), uint64(len(tenants)))
		buf = append(buf, make([]byte, 8)...)
		for _, t := range tenants {
			buf = appendPart(buf, []byte(t))
		}
		_, err := w.Write(buf)
		return err
	})
}

func readTenants(path string) ([]string, error) {
	m, err := mapChecked(path, tenantsMagic)
	if err != nil {
		return nil, err
	}
	defer m.close()
	data := m.data
	count := binary.LittleEndian.Uint64(data[8:])
	p := parts{rest: data[checkedHeadBytes : len(data)-8]}
	tenants := make([]string, 0, min(count, uint64(len(p.rest))))
	for uint64(len(tenants)) < count && !p.bad {
		tenants = append(tenants, string(p.part()))
	}
	if p.bad || len(p.rest) > 0 || !slices.IsSorted(tenants) {
		return nil, fmt.Errorf("%w: %s: %d tenants", ErrDamaged, path, count)
	}
	return tenants, nil
}
