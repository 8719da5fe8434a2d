package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Mapping says which roles a provider's groups give, and in which tenants. Its text has one rule a line; empty lines and lines that begin
// with # say nothing:
//
//	GROUP = ROLE@TENANT[,TENANT…]
//	GROUP = ROLE@*                  in all tenants, those to come included
//	*     = ROLE@…                  for everyone who signs in
//
// Rules add up. A group is compared to the byte; it may have spaces and equals signs in it, as LDAP's names do, since the last equals sign of a
// line ends it.
type Mapping struct {
	rules []mappingRule
}

type mappingRule struct {
	group string
	grant Grant
}

// everyone stands for the group that everyone is in.
const everyone = "*"

// ParseMapping reads the text of a mapping. A mistake is told with its line; a text without a rule is one, as nobody could sign in.
func ParseMapping(text string) (*Mapping, error) {
	m := &Mapping{}
	n := 0
	for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		rule, err := parseRule(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		m.rules = append(m.rules, rule)
	}
	if len(m.rules) == 0 {
		return nil, errors.New("there is no rule; write lines of GROUP = ROLE@TENANT")
	}
	return m, m.checkTotal()
}

func parseRule(line string) (mappingRule, error) {
	var r mappingRule
	at := strings.LastIndexByte(line, '=')
	if at < 0 {
		return r, fmt.Errorf("%q is not GROUP = ROLE@TENANT", cut(line))
	}
	if r.group = strings.TrimSpace(line[:at]); r.group == "" {
		return r, errors.New("the group is missing; * is everyone")
	}
	role, tenants, ok := strings.Cut(line[at+1:], "@")
	if r.grant.Role = strings.TrimSpace(role); !ok {
		return r, fmt.Errorf("%q does not say where; write ROLE@TENANT, or ROLE@* for all tenants", cut(r.grant.Role))
	}
	for tenant := range strings.SplitSeq(tenants, ",") {
		r.grant.Tenants = append(r.grant.Tenants, strings.TrimSpace(tenant))
	}
	if slices.Equal(r.grant.Tenants, []string{"*"}) {
		r.grant.Tenants, r.grant.All = nil, true
	}
	switch {
	case slices.Contains(r.grant.Tenants, "*"):
		return r, errors.New("* is all tenants; none can stand beside it")
	case slices.Contains(r.grant.Tenants, ""):
		return r, errors.New("a tenant is missing")
	}
	return r, r.grant.check("")
}

// checkTotal refuses a mapping that gives someone who is in every group more than one caller may have.
func (m *Mapping) checkTotal() error {
	var all []string
	for _, r := range m.rules {
		all = append(all, r.group)
	}
	for _, g := range m.grants(all) {
		if len(g.Tenants) > MaxGrantTenants {
			return fmt.Errorf("the rules give the role %s in %d tenants, the limit is %d; write %s@* for all", g.Role, len(g.Tenants), MaxGrantTenants, g.Role)
		}
	}
	return nil
}

// grants returns what someone in the groups may, at most two grants for a role: the same for the same groups in any order.
func (m *Mapping) grants(groups []string) []Grant {
	member := map[string]bool{everyone: true}
	for _, g := range groups {
		member[g] = true
	}
	var out []Grant
	for _, role := range RoleNames {
		all, some := Grant{Role: role, All: true}, Grant{Role: role}
		given := false
		for _, r := range m.rules {
			if !member[r.group] || r.grant.Role != role {
				continue
			}
			given = given || r.grant.All
			some.Tenants = append(some.Tenants, r.grant.Tenants...)
		}
		if given {
			out = append(out, all)
		}
		if len(some.Tenants) > 0 { // beside all tenants too: a reader of all sees the server's own only where it is named
			slices.Sort(some.Tenants)
			some.Tenants = slices.Compact(some.Tenants)
			out = append(out, some)
		}
	}
	return out
}
