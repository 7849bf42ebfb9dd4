package spl_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/conformance"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

const shared = "../../../shared"

// failing are the cases that fail, with the reason. The list may only become shorter.
var failing = map[string]string{}

// TestConformance runs the black-box cases, and runs them again with everything varied that must not matter.
func TestConformance(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared, "conformance/spl/*.jsonl"))
	if len(files) == 0 {
		t.Skip("the conformance cases are not beside the checkout")
	}
	for name, s := range map[string]query.Settings{
		"default":    {},
		"plain":      {Plain: true},
		"rows":       {BatchRows: 1, Workers: 1},
		"some rows":  {BatchRows: 3, Workers: 4},
		"plain rows": {Plain: true, BatchRows: 2},
	} {
		t.Run(name, func(t *testing.T) {
			engine := &conformance.Harrier{Settings: s}
			passed := 0
			for _, file := range files {
				f, err := os.Open(file)
				if err != nil {
					t.Fatal(err)
				}
				err = conformance.Run(file, f, engine, func(v conformance.Verdict) {
					if v.Pass {
						passed++
					}
					if v.Pass != (failing[v.ID] == "") {
						t.Errorf("%s: pass is %v: %s", v.ID, v.Pass, v.Reason)
					}
				})
				f.Close()
				if err != nil {
					t.Error(err)
				}
			}
			t.Logf("%d passed", passed)
		})
	}
}

// refusedRules are the rules of the public collections that cannot be run, and why. The list may only become shorter.
var refusedRules = map[string]string{
	"certificate_enumeration-windows-splunk-edr.yml":                              "SPL1004",
	"certificate_enumeration-windows-splunk-sysmon.yml":                           "SPL1004",
	"clear_windows_event_logs-splunk-powershell.yml":                              "SPL1003",
	"defender_registry_values_modified-splunk-powershell.yml":                     "SPL1004",
	"domain_trust_discovery_commands-windows-splunk-sysmon.yml":                   "SPL1003",
	"iso_image_mounted-windows-splunk-powershell.yml":                             "SPL1003",
	"possible_credential_dumping_via_windows_network_providers-splunk-sysmon.yml": "SPL1003",
	"potential_cve-2023-2640_or_cve-2023-32629-overlay-splunk-unix.yml":           "SPL1004",
	"potential_lightwire_web_shell-splunk-waf.yml":                                "SPL1003",
	"remote_wmic_query-splunk-sysmon.yml":                                         "SPL1003",
	"suspicious_cupsd_child_process-nix-splunk-edr.yml":                           "SPL1003",
	"visual_studio_code_tunnel_execution-splunk-powershell.yml":                   "SPL1003",
	"abnormally_high_number_of_cloud_infrastructure_api_calls.yml":                "SPL2001",
	"abnormally_high_number_of_cloud_instances_destroyed.yml":                     "SPL2001",
	"abnormally_high_number_of_cloud_instances_launched.yml":                      "SPL2001",
	"abnormally_high_number_of_cloud_security_group_api_calls.yml":                "SPL2001",
	"detect_dga_domains_using_pretrained_model_in_dsdl.yml":                       "SPL2001",
	"detect_dns_data_exfiltration_using_pretrained_model_in_dsdl.yml":             "SPL2001",
	"detect_suspicious_dns_txt_records_using_pretrained_model_in_dsdl.yml":        "SPL2001",
	"dns_query_length_outliers___mltk.yml":                                        "SPL2001",
	"potentially_malicious_code_on_commandline.yml":                               "SPL2001",
	"smb_traffic_spike___mltk.yml":                                                "SPL2001",
}

// TestCorpusCompiles compiles every rule of the public collections with the macros and lookups that surround it.
func TestCorpusCompiles(t *testing.T) {
	pack, err := rule.Load([]string{filepath.Join(shared, "corpus/spl")})
	if err != nil || len(pack.Rules) == 0 {
		t.Skip("the rule corpora are not beside the checkout")
	}
	engine, err := query.New(query.Settings{Detached: true, Macros: pack.Macros, Lookups: pack.Lookups})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, r := range pack.Rules {
		_, ds := engine.Compile(rule.SPL, r.Query)
		name := filepath.Base(r.File)
		id := ""
		if i := slices.IndexFunc(ds, func(d text.Diagnostic) bool { return d.Severity == text.Error }); i >= 0 {
			id = ds[i].ID
			if ds[i].Source == nil || !strings.HasSuffix(ds[i].Source.Name, ".yml") {
				t.Errorf("%s: %v has no place in the rule's file", name, ds[i])
			}
		}
		switch want := refusedRules[name]; {
		case id != want:
			t.Errorf("%s: %q, want %q: %v", name, id, want, ds.Err())
		case id != "":
			states["refused"]++
		case len(ds) > 0:
			states["notes"]++
		default:
			states["runs"]++
		}
	}
	t.Log(states)
}
