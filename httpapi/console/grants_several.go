package console

import (
	"net/url"
	"strconv"

	"annals/httpapi/auth"
)

// grantForms are an account's roles: a form for each, and one more that can be left without.
type grantForms []*grantForm

// grantForms makes them for the grants that there are; a new account has to get one.
func (c *Console) grantForms(p page, grants []auth.Grant) (all grantForms) {
	for i := range min(max(1, len(grants))+1, auth.MaxGrants) {
		f := c.grantForm(p)
		if i > 0 {
			f.Suffix = "-" + strconv.Itoa(i+1)
		}
		switch {
		case i < len(grants):
			f.show(grants[i])
			f.Optional = len(grants) > 1
		case i > 0:
			f.Role, f.Optional, f.Extra = "", true, true
		}
		all = append(all, &f)
	}
	return all
}

// read takes what was sent. A role that is not among it stays as it is shown.
func (all grantForms) read(values url.Values) {
	for _, f := range all {
		if values.Has("role" + f.Suffix) {
			f.read(values)
		} else if !f.Optional {
			f.Role = ""
		}
	}
}

// grants are what the forms say together.
func (all grantForms) grants() ([]auth.Grant, error) {
	var grants []auth.Grant
	for _, f := range all {
		f.at = len(grants)
		if f.Optional && f.Role == "" {
			f.at = -1
			continue
		}
		g, err := f.grant()
		if err != nil {
			return nil, err
		}
		grants = append(grants, g)
	}
	return grants, nil
}

// refused shows what is wrong where it was chosen.
func (all grantForms) refused(wrong fault) {
	for _, f := range all {
		f.Wrong = wrong
	}
}
