package client

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Config is what a config file sets, by name.
type Config map[string]ConfigEntry

// ConfigEntry is one line of a config file.
type ConfigEntry struct {
	Value string
	Line  int
}

// LoadConfig reads a config file: lines of "key = value", empty lines, and comment lines that begin with #. A value may stand
// in double quotes. Keys are the names of flags; one that is not in known, or comes twice, is an error that names the line.
func LoadConfig(path string, known []string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read config file: %w", err)
	}
	config := Config{}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch _, twice := config[key]; {
		case !ok:
			return nil, fmt.Errorf("read config file: %s:%d: %q is not \"key = value\"", path, i+1, line)
		case !slices.Contains(known, key):
			return nil, fmt.Errorf("read config file: %s:%d: there is no setting %q; there are %s", path, i+1, key, strings.Join(known, ", "))
		case twice:
			return nil, fmt.Errorf("read config file: %s:%d: %s is set twice", path, i+1, key)
		}
		if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		config[key] = ConfigEntry{value, i + 1}
	}
	return config, nil
}
