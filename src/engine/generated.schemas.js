/** Generated from specs/ by `npm run generate`: do not edit. */

const $schema = "http://json-schema.org/draft-07/schema#";

const kinds = {
  "certificates/Issuer": {
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "description": "An authority that signs certificates.",
    "properties": {
      "apiVersion": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Plugin and version, for example `certificates/v1`.",
        "const": "certificates/v1"
      },
      "kind": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Kind of the resource.",
        "const": "Issuer"
      },
      "metadata": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "description": "Name and labels of the resource.",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the resource; unique within its kind and scope.",
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "labels": {
            "type": "object",
            "default": {},
            "description": "Names and values to select resources by.",
            "additionalProperties": {
              "type": "string",
              "maxLength": 253
            }
          },
          "dependsOn": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "Addresses of resources that must exist first, for example `certificates/Issuer/test-ca`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^[^/\\s]+/[^/\\s]+/[^/\\s]+(?:/[^/\\s]+)*$"
            }
          }
        }
      },
      "lifecycle": {
        "type": "object",
        "additionalProperties": false,
        "default": {},
        "description": "Limits on changes to the resource.",
        "properties": {
          "protect": {
            "type": "boolean",
            "description": "Prevents removal, replacement and release. The protection is kept in the state: removing the document does not remove it."
          },
          "onRemove": {
            "enum": [
              "remove",
              "release"
            ],
            "description": "Action when the document is removed; each kind has its default.",
            "default": "release"
          },
          "ignore": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "JSON pointers to fields whose drift is accepted, for example `/spec/labels/seen`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^/spec(/([^/~]|~[01])*)*$"
            }
          },
          "hold": {
            "type": [
              "string",
              "boolean"
            ],
            "minLength": 1,
            "maxLength": 1000,
            "description": "Reason to leave the resource unchanged for now. The hold is kept in the state: removing the document does not lift it; `false`, or a document without this field, lifts it by a row of its own."
          }
        }
      },
      "spec": {
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
        "description": "Exactly one of its kinds.",
        "properties": {
          "localCa": {
            "type": "object",
            "additionalProperties": false,
            "required": [
              "dir",
              "commonName"
            ],
            "description": "A certificate authority in a folder, created by the first apply.",
            "properties": {
              "dir": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "description": "Folder of `ca.crt` and `ca.key`, relative to the document.",
                "examples": [
                  "./ca"
                ],
                "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
              },
              "commonName": {
                "type": "string",
                "minLength": 1,
                "maxLength": 64,
                "description": "Common name of the authority.",
                "examples": [
                  "Example test CA"
                ]
              }
            }
          },
          "selfSigned": {
            "type": "object",
            "additionalProperties": false,
            "description": "Each certificate signs itself.",
            "properties": {}
          }
        }
      }
    },
    "title": "certificates/Issuer"
  },
  "certificates/Certificate": {
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "description": "A key pair and its certificate in files.",
    "properties": {
      "apiVersion": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Plugin and version, for example `certificates/v1`.",
        "const": "certificates/v1"
      },
      "kind": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Kind of the resource.",
        "const": "Certificate"
      },
      "metadata": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "description": "Name and labels of the resource.",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the resource; unique within its kind and scope.",
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "labels": {
            "type": "object",
            "default": {},
            "description": "Names and values to select resources by.",
            "additionalProperties": {
              "type": "string",
              "maxLength": 253
            }
          },
          "dependsOn": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "Addresses of resources that must exist first, for example `certificates/Issuer/test-ca`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^[^/\\s]+/[^/\\s]+/[^/\\s]+(?:/[^/\\s]+)*$"
            }
          }
        }
      },
      "lifecycle": {
        "type": "object",
        "additionalProperties": false,
        "default": {},
        "description": "Limits on changes to the resource.",
        "properties": {
          "protect": {
            "type": "boolean",
            "description": "Prevents removal, replacement and release. The protection is kept in the state: removing the document does not remove it."
          },
          "onRemove": {
            "enum": [
              "remove",
              "release"
            ],
            "description": "Action when the document is removed; each kind has its default.",
            "default": "release"
          },
          "ignore": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "JSON pointers to fields whose drift is accepted, for example `/spec/labels/seen`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^/spec(/([^/~]|~[01])*)*$"
            }
          },
          "hold": {
            "type": [
              "string",
              "boolean"
            ],
            "minLength": 1,
            "maxLength": 1000,
            "description": "Reason to leave the resource unchanged for now. The hold is kept in the state: removing the document does not lift it; `false`, or a document without this field, lifts it by a row of its own."
          }
        }
      },
      "spec": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "issuer",
          "dnsNames",
          "storage"
        ],
        "properties": {
          "issuer": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the Issuer that signs the certificate.",
            "examples": [
              "test-ca"
            ]
          },
          "dnsNames": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "uniqueItems": true,
            "description": "Names that the certificate is valid for; the first one is the common name, if it fits.",
            "examples": [
              [
                "www.example.test",
                "example.test"
              ]
            ],
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 253,
              "pattern": "^(?=.{1,253}$)(?:\\*\\.)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"
            }
          },
          "keyAlgorithm": {
            "enum": [
              "ecdsa-p256",
              "ecdsa-p384",
              "rsa-2048",
              "rsa-4096",
              "ed25519"
            ],
            "default": "ecdsa-p256",
            "description": "Algorithm of the key."
          },
          "validityDays": {
            "type": "integer",
            "minimum": 1,
            "maximum": 3650,
            "default": 90,
            "description": "Validity of the certificate, in days."
          },
          "storage": {
            "type": "object",
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
            "description": "Exactly one of its kinds.",
            "properties": {
              "file": {
                "type": "object",
                "additionalProperties": false,
                "minProperties": 1,
                "description": "PEM files, relative to the document: `certificate` and `key`, or `combined`, and further files that services need.",
                "properties": {
                  "certificate": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The certificate, with its chain unless `chain` or `fullchain` is set too; mode 0644.",
                    "examples": [
                      "./tls/www.crt"
                    ],
                    "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
                  },
                  "key": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The private key, PKCS#8.",
                    "examples": [
                      "./tls/www.key"
                    ],
                    "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
                  },
                  "chain": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The certificates between this one and its authority; mode 0644.",
                    "examples": [
                      "./tls/www.chain.crt"
                    ],
                    "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
                  },
                  "fullchain": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The certificate and its chain; mode 0644.",
                    "examples": [
                      "./tls/www.fullchain.crt"
                    ],
                    "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
                  },
                  "combined": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The certificate, its chain and the private key.",
                    "examples": [
                      "./tls/www.pem"
                    ],
                    "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
                  },
                  "owner": {
                    "type": [
                      "string",
                      "integer"
                    ],
                    "minimum": 0,
                    "maximum": 4294967294,
                    "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$",
                    "maxLength": 64,
                    "description": "Owner of the files, by name or number. Defaults to the present owner.",
                    "examples": [
                      "www-data"
                    ]
                  },
                  "group": {
                    "type": [
                      "string",
                      "integer"
                    ],
                    "minimum": 0,
                    "maximum": 4294967294,
                    "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$",
                    "maxLength": 64,
                    "description": "Group of the files, by name or number. Defaults to the present group.",
                    "examples": [
                      "ssl-cert"
                    ]
                  },
                  "mode": {
                    "enum": [
                      "0400",
                      "0440",
                      "0600",
                      "0640"
                    ],
                    "description": "Mode of the files that hold the key. Defaults to 0600 for a new file; the mode of an existing file stays unless it allows more than 0640.",
                    "examples": [
                      "0640"
                    ]
                  }
                }
              },
              "directory": {
                "type": "object",
                "additionalProperties": false,
                "required": [
                  "path"
                ],
                "description": "A folder with `cert.pem`, `chain.pem`, `fullchain.pem` and `privkey.pem`, switched together by one symbolic link.",
                "properties": {
                  "path": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The folder, relative to the document.",
                    "examples": [
                      "./tls/www"
                    ],
                    "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
                  },
                  "combined": {
                    "type": "boolean",
                    "default": false,
                    "description": "Also keep `combined.pem`: the certificate, its chain and the private key."
                  },
                  "owner": {
                    "type": [
                      "string",
                      "integer"
                    ],
                    "minimum": 0,
                    "maximum": 4294967294,
                    "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$",
                    "maxLength": 64,
                    "description": "Owner of the files, by name or number. Defaults to the present owner."
                  },
                  "group": {
                    "type": [
                      "string",
                      "integer"
                    ],
                    "minimum": 0,
                    "maximum": 4294967294,
                    "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$",
                    "maxLength": 64,
                    "description": "Group of the files, by name or number. Defaults to the present group."
                  },
                  "mode": {
                    "enum": [
                      "0400",
                      "0440",
                      "0600",
                      "0640"
                    ],
                    "description": "Mode of the files that hold the key. Defaults to 0600 for a new file; the mode of an existing file stays unless it allows more than 0640."
                  }
                }
              }
            }
          },
          "deploy": {
            "type": "object",
            "additionalProperties": false,
            "required": [
              "command"
            ],
            "description": "Copies a new pair to other places. Runs after every swap, before the reload.",
            "properties": {
              "command": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "description": "A command line, word for word one of `plugins.certificates.commands` in `fettle.yaml`. The paths are in its environment.",
                "examples": [
                  [
                    "./push.sh",
                    "lb-1"
                  ]
                ],
                "items": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 4096
                }
              },
              "timeoutSeconds": {
                "type": "integer",
                "minimum": 1,
                "maximum": 300,
                "default": 60,
                "description": "Deadline of the command, in seconds."
              }
            }
          },
          "reload": {
            "type": "object",
            "additionalProperties": false,
            "minProperties": 1,
            "description": "Makes the service that uses the pair reload it: `command` or `signal`. Certificates with the same value share a service, which is reloaded once for all of them.",
            "properties": {
              "command": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "description": "A command line, word for word one of `plugins.certificates.commands` in `fettle.yaml`.",
                "examples": [
                  [
                    "systemctl",
                    "reload",
                    "nginx"
                  ]
                ],
                "items": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 4096
                }
              },
              "signal": {
                "type": "object",
                "additionalProperties": false,
                "required": [
                  "pidFile"
                ],
                "description": "A signal to a process that runs on this machine.",
                "properties": {
                  "pidFile": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "File with the number of the process, relative to the document; one of `plugins.certificates.pidFiles` in `fettle.yaml`.",
                    "examples": [
                      "/run/nginx.pid"
                    ],
                    "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
                  },
                  "name": {
                    "enum": [
                      "HUP",
                      "USR1",
                      "USR2"
                    ],
                    "default": "HUP",
                    "description": "Signal to send."
                  }
                }
              },
              "timeoutSeconds": {
                "type": "integer",
                "minimum": 1,
                "maximum": 300,
                "default": 60,
                "description": "Deadline of the command, in seconds."
              }
            }
          },
          "renewal": {
            "type": "object",
            "additionalProperties": false,
            "default": {},
            "description": "How it is renewed; what is not written here is as `plugins.certificates.renewal` in `fettle.yaml` says.",
            "properties": {
              "enabled": {
                "type": "boolean",
                "description": "Whether it is renewed; without it, that it is due is only told.",
                "examples": [
                  true
                ]
              },
              "thresholdDays": {
                "type": "integer",
                "minimum": 1,
                "maximum": 365,
                "description": "It is renewed when so many days are left (30), or a third of its lifetime, whichever is less.",
                "examples": [
                  30
                ]
              },
              "issuedAfter": {
                "type": "string",
                "maxLength": 64,
                "description": "Replaces a certificate that was issued before this time, even if it is still valid: for a key that leaked.",
                "examples": [
                  "2026-11-20T14:30:00Z"
                ],
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
              },
              "checkInterval": {
                "type": "string",
                "maxLength": 16,
                "description": "How often it is written down that it was looked at (24h), where nothing else is new; at least 1h.",
                "examples": [
                  "24h"
                ],
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "retryInterval": {
                "type": "string",
                "maxLength": 16,
                "description": "From a failed renewal to the next one (1h); at least 1m.",
                "examples": [
                  "1h"
                ],
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "maxRetries": {
                "type": "integer",
                "minimum": 0,
                "maximum": 1000,
                "description": "Failed renewals in a row (10) after which nothing more is tried.",
                "examples": [
                  10
                ]
              },
              "backoffMultiplier": {
                "type": "number",
                "minimum": 1,
                "maximum": 100,
                "description": "By how much each further failure multiplies that time (2).",
                "examples": [
                  2
                ]
              },
              "maxBackoff": {
                "type": "string",
                "maxLength": 16,
                "description": "The longest time to the next try (24h); no shorter than `retryInterval`.",
                "examples": [
                  "24h"
                ],
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              }
            }
          },
          "recovery": {
            "type": "object",
            "additionalProperties": false,
            "default": {},
            "description": "How it is replaced when it has expired, or cannot be used; otherwise as `renewal`.",
            "properties": {
              "enabled": {
                "type": "boolean",
                "description": "Whether it is replaced; without it, that it has expired is only told.",
                "examples": [
                  true
                ]
              },
              "retryInterval": {
                "type": "string",
                "maxLength": 16,
                "description": "From a failed recovery to the next one (1m); at least 1m.",
                "examples": [
                  "1m"
                ],
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "maxRetries": {
                "type": "integer",
                "minimum": 0,
                "maximum": 1000,
                "description": "Failed recoveries in a row (3) after which nothing more is tried.",
                "examples": [
                  3
                ]
              },
              "backoffMultiplier": {
                "type": "number",
                "minimum": 1,
                "maximum": 100,
                "description": "By how much each further failure multiplies that time (2).",
                "examples": [
                  2
                ]
              },
              "maxBackoff": {
                "type": "string",
                "maxLength": 16,
                "description": "The longest time to the next try (1h); no shorter than `retryInterval`.",
                "examples": [
                  "1h"
                ],
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              }
            }
          },
          "served": {
            "type": "object",
            "additionalProperties": false,
            "default": {},
            "description": "How it reaches what serves it, where it has `deploy` or `reload`; otherwise as `renewal`.",
            "properties": {
              "withinSeconds": {
                "type": "integer",
                "minimum": 1,
                "maximum": 120,
                "description": "Within this time after a reload (30 s), every address of its Domains has to serve it.",
                "examples": [
                  30
                ]
              },
              "retryInterval": {
                "type": "string",
                "maxLength": 16,
                "description": "From a reload after which it was not served to the next one (1m); at least 1m.",
                "examples": [
                  "1m"
                ],
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "maxRetries": {
                "type": "integer",
                "minimum": 0,
                "maximum": 1000,
                "description": "Such reloads in a row (10) after which nothing more is tried.",
                "examples": [
                  10
                ]
              },
              "backoffMultiplier": {
                "type": "number",
                "minimum": 1,
                "maximum": 100,
                "description": "By how much each further failure multiplies that time (2).",
                "examples": [
                  2
                ]
              },
              "maxBackoff": {
                "type": "string",
                "maxLength": 16,
                "description": "The longest time to the next try (1h); no shorter than `retryInterval`.",
                "examples": [
                  "1h"
                ],
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              }
            }
          }
        }
      }
    },
    "title": "certificates/Certificate"
  },
  "certificates/Domain": {
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "description": "A TLS server and the certificate that its clients get.",
    "properties": {
      "apiVersion": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Plugin and version, for example `certificates/v1`.",
        "const": "certificates/v1"
      },
      "kind": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Kind of the resource.",
        "const": "Domain"
      },
      "metadata": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "description": "Name and labels of the resource.",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the resource; unique within its kind and scope.",
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "labels": {
            "type": "object",
            "default": {},
            "description": "Names and values to select resources by.",
            "additionalProperties": {
              "type": "string",
              "maxLength": 253
            }
          },
          "dependsOn": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "Addresses of resources that must exist first, for example `certificates/Issuer/test-ca`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^[^/\\s]+/[^/\\s]+/[^/\\s]+(?:/[^/\\s]+)*$"
            }
          }
        }
      },
      "lifecycle": {
        "type": "object",
        "additionalProperties": false,
        "default": {},
        "description": "Limits on changes to the resource.",
        "properties": {
          "protect": {
            "type": "boolean",
            "description": "Prevents removal, replacement and release. The protection is kept in the state: removing the document does not remove it."
          },
          "onRemove": {
            "enum": [
              "remove",
              "release"
            ],
            "description": "Action when the document is removed; each kind has its default.",
            "default": "release"
          },
          "ignore": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "JSON pointers to fields whose drift is accepted, for example `/spec/labels/seen`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^/spec(/([^/~]|~[01])*)*$"
            }
          },
          "hold": {
            "type": [
              "string",
              "boolean"
            ],
            "minLength": 1,
            "maxLength": 1000,
            "description": "Reason to leave the resource unchanged for now. The hold is kept in the state: removing the document does not lift it; `false`, or a document without this field, lifts it by a row of its own."
          }
        }
      },
      "spec": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "host"
        ],
        "properties": {
          "host": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name for SNI; the certificate must be valid for it.",
            "examples": [
              "www.example.test"
            ],
            "pattern": "^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"
          },
          "address": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Address to connect to, instead of resolving the host.",
            "examples": [
              "127.0.0.1"
            ]
          },
          "port": {
            "type": "integer",
            "minimum": 1,
            "maximum": 65535,
            "default": 443,
            "description": "TCP port."
          },
          "startTls": {
            "enum": [
              "smtp",
              "imap",
              "postgres"
            ],
            "description": "Protocol whose STARTTLS comes first. By default, TLS starts at once."
          },
          "tlsMode": {
            "enum": [
              "termination",
              "passthrough"
            ],
            "default": "termination",
            "description": "`passthrough`: another party manages the certificate; its problems are only reported."
          },
          "verify": {
            "type": "boolean",
            "default": true,
            "description": "Requires a certificate that clients accept. With `false`, only the days left count."
          },
          "verified": {
            "type": [
              "boolean",
              "object"
            ],
            "default": true,
            "additionalProperties": false,
            "required": [
              "txt"
            ],
            "description": "Whether the host is verified as yours; an unverified host is not probed. With `txt`, a DNS TXT record verifies it.",
            "properties": {
              "txt": {
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "description": "Text of the record.",
                "examples": [
                  "fettle=4c1f2e9a"
                ],
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Name of the record; by default `_fettle-verify.` and the host."
              }
            }
          },
          "route": {
            "type": [
              "string",
              "object"
            ],
            "pattern": "^none$",
            "additionalProperties": false,
            "description": "Target of the host: `none`, or a target; by default the host's own addresses.",
            "properties": {
              "target": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Name or address to connect to, if `address` is not set.",
                "examples": [
                  "lb-1.example.net"
                ]
              },
              "region": {
                "type": "string",
                "minLength": 1,
                "maxLength": 63,
                "description": "Region of the target.",
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              }
            }
          },
          "failurePolicy": {
            "enum": [
              "standard",
              "strict",
              "hold"
            ],
            "default": "standard",
            "description": "Intervals at which `drift --record` refreshes a failing Domain: from 1 minute doubling to 6 hours, from 5 minutes to 12 hours, or from 10 minutes to a day. Other commands always refresh."
          },
          "expiryWarnDays": {
            "type": "integer",
            "minimum": 0,
            "maximum": 3650,
            "default": 30,
            "description": "Days left from which the certificate counts as expiring."
          },
          "certificate": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the Certificate that should be served here.",
            "examples": [
              "www"
            ]
          },
          "trust": {
            "type": "array",
            "maxItems": 20,
            "examples": [
              [
                "./ca/ca.crt"
              ]
            ],
            "description": "PEM files with further trust anchors, relative to the document. A file that is missing or has no PEM certificate is a finding.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 4096,
              "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
            }
          }
        }
      }
    },
    "title": "certificates/Domain"
  },
  "nodes/Node": {
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "description": "A server, by name.",
    "properties": {
      "apiVersion": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Plugin and version, for example `certificates/v1`.",
        "const": "nodes/v1"
      },
      "kind": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Kind of the resource.",
        "const": "Node"
      },
      "metadata": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "description": "Name and labels of the resource.",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the resource; unique within its kind and scope.",
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "labels": {
            "type": "object",
            "default": {},
            "description": "Names and values to select resources by.",
            "additionalProperties": {
              "type": "string",
              "maxLength": 253
            }
          },
          "dependsOn": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "Addresses of resources that must exist first, for example `certificates/Issuer/test-ca`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^[^/\\s]+/[^/\\s]+/[^/\\s]+(?:/[^/\\s]+)*$"
            }
          }
        }
      },
      "lifecycle": {
        "type": "object",
        "additionalProperties": false,
        "default": {},
        "description": "Limits on changes to the resource.",
        "properties": {
          "protect": {
            "type": "boolean",
            "description": "Prevents removal, replacement and release. The protection is kept in the state: removing the document does not remove it."
          },
          "onRemove": {
            "enum": [
              "remove",
              "release"
            ],
            "description": "Action when the document is removed; each kind has its default.",
            "default": "remove"
          },
          "ignore": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "JSON pointers to fields whose drift is accepted, for example `/spec/labels/seen`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^/spec(/([^/~]|~[01])*)*$"
            }
          },
          "hold": {
            "type": [
              "string",
              "boolean"
            ],
            "minLength": 1,
            "maxLength": 1000,
            "description": "Reason to leave the resource unchanged for now. The hold is kept in the state: removing the document does not lift it; `false`, or a document without this field, lifts it by a row of its own."
          }
        }
      },
      "spec": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "provider": {
            "enum": [
              "hetzner",
              "static"
            ],
            "default": "hetzner",
            "description": "Provider of the server; a `static` machine belongs to no cloud and is only probed."
          },
          "role": {
            "enum": [
              "worker",
              "system"
            ],
            "default": "worker",
            "description": "A system node is never drained, removed or replaced. The role is kept in the state and in a label: it outlives the document."
          },
          "pool": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "The NodePool of the node; a pool sets it on its members."
          },
          "address": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Host name or address of a static node.",
            "examples": [
              "198.51.100.7"
            ]
          },
          "serverType": {
            "type": "string",
            "minLength": 1,
            "maxLength": 63,
            "pattern": "^[A-Za-z0-9._-]+$",
            "description": "Name of the server type. A change turns the server off.",
            "examples": [
              "cx23"
            ]
          },
          "upgradeDisk": {
            "type": "boolean",
            "default": false,
            "description": "Lets a larger server type enlarge the disk too; a later change to a smaller type is then impossible."
          },
          "image": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the image, or the id of a snapshot. A change destroys the data on the disk.",
            "examples": [
              "debian-13"
            ],
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "onImageChange": {
            "enum": [
              "rebuild",
              "replace",
              "ignore"
            ],
            "default": "rebuild",
            "description": "Action when the image changes: rebuild the server with a new disk, replace the server, or leave existing servers alone."
          },
          "location": {
            "type": "string",
            "minLength": 1,
            "maxLength": 63,
            "pattern": "^[A-Za-z0-9._-]+$",
            "description": "Name of its location. A change replaces it.",
            "examples": [
              "nbg1"
            ]
          },
          "sshKeys": {
            "type": "array",
            "maxItems": 100,
            "uniqueItems": true,
            "default": [],
            "description": "Names or ids of the SSH keys for the new server. A change replaces the server. Without a key, the provider sets a password that fettle discards.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 253,
              "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
            }
          },
          "userData": {
            "type": "string",
            "maxLength": 32768,
            "description": "Script for cloud-init at the first start; 32 KiB at most. The log contains it: put secrets into `userDataFile`. A change replaces the server."
          },
          "userDataFile": {
            "type": "string",
            "minLength": 1,
            "maxLength": 4096,
            "description": "File with the user data, relative to the document; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. Only its digest is recorded.",
            "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
          },
          "networks": {
            "type": "array",
            "maxItems": 20,
            "description": "Private networks of the server. Defaults to the present ones.",
            "items": {
              "type": "object",
              "additionalProperties": false,
              "required": [
                "network"
              ],
              "properties": {
                "network": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 253,
                  "description": "Name or id of the network.",
                  "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                },
                "ip": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 45,
                  "description": "Address in the network. By default the provider chooses one.",
                  "examples": [
                    "10.0.0.7"
                  ]
                },
                "aliasIps": {
                  "type": "array",
                  "maxItems": 50,
                  "uniqueItems": true,
                  "default": [],
                  "description": "Further addresses in the network.",
                  "items": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 45
                  }
                }
              }
            }
          },
          "firewalls": {
            "type": "array",
            "maxItems": 5,
            "uniqueItems": true,
            "description": "Names or ids of the firewalls of the server. Defaults to the present ones.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 253,
              "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
            }
          },
          "placementGroup": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name or id of the placement group. Joining one turns the server off. Defaults to the present one.",
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "volumes": {
            "type": "array",
            "maxItems": 16,
            "uniqueItems": true,
            "description": "Names or ids of the attached volumes. Defaults to the present ones.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 253,
              "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
            }
          },
          "labels": {
            "type": "object",
            "default": {},
            "maxProperties": 64,
            "description": "Labels at the provider. Labels from other sources stay.",
            "additionalProperties": {
              "type": "string",
              "maxLength": 63,
              "pattern": "^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"
            }
          },
          "backups": {
            "type": "boolean",
            "description": "Daily backups, for 20 % of the price of the server. Turning them off deletes all backups. Defaults to the present setting."
          },
          "protection": {
            "type": "boolean",
            "description": "Delete and rebuild protection at the provider, always both. Only a row of its own lifts the protection. Defaults to the present setting."
          },
          "publicNet": {
            "type": "object",
            "additionalProperties": false,
            "default": {},
            "description": "Public addresses of the server. A change replaces the server.",
            "properties": {
              "ipv4": {
                "type": "boolean",
                "default": true,
                "description": "Whether the server has a public IPv4 address."
              },
              "ipv6": {
                "type": "boolean",
                "default": true,
                "description": "Whether the server has a public IPv6 network."
              },
              "ipv4Address": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Name or id of a primary IP to use, instead of a new one.",
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "ipv6Address": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Name or id of a primary IP to use, instead of a new one.",
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              }
            }
          },
          "power": {
            "enum": [
              "on",
              "off"
            ],
            "default": "on",
            "description": "Whether the server runs."
          },
          "readyGrace": {
            "type": "string",
            "default": "30m",
            "description": "Time that a node without any container so far must have been ready before its removal.",
            "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
          },
          "idleGrace": {
            "type": "string",
            "default": "30m",
            "description": "Time that a node must have been empty before its removal.",
            "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
          },
          "drainGrace": {
            "type": "string",
            "default": "5m",
            "description": "Least time between the draining of a node and its removal.",
            "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
          },
          "startDeadline": {
            "type": "string",
            "default": "15m",
            "description": "Deadline from the creation to the first readiness; a later node is unhealthy.",
            "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
          },
          "readiness": {
            "type": "object",
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
            "default": {
              "after": "2m"
            },
            "description": "Probe for readiness, and for health from then on: exactly one kind.",
            "properties": {
              "tcp": {
                "type": "object",
                "additionalProperties": false,
                "required": [
                  "port"
                ],
                "description": "A TCP port accepts connections.",
                "properties": {
                  "port": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 65535
                  },
                  "network": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 253,
                    "description": "Private network to probe through. Defaults to the public address.",
                    "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                  }
                }
              },
              "http": {
                "type": "object",
                "additionalProperties": false,
                "required": [
                  "port"
                ],
                "description": "A GET is answered with a status from 200 to 399.",
                "properties": {
                  "port": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 65535
                  },
                  "path": {
                    "type": "string",
                    "maxLength": 2048,
                    "pattern": "^/[!-~]*$",
                    "default": "/",
                    "description": "Path and query, in ASCII without spaces."
                  },
                  "network": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 253,
                    "description": "Private network to probe through. Defaults to the public address.",
                    "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                  }
                }
              },
              "label": {
                "type": "string",
                "minLength": 1,
                "maxLength": 317,
                "pattern": "^[^=\\s]+=[^=\\s]*$",
                "description": "The server has this label, `key=value`, which another program sets.",
                "examples": [
                  "state=ready"
                ]
              },
              "after": {
                "type": "string",
                "description": "The node is ready this long after its creation.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              }
            }
          },
          "workloads": {
            "type": "object",
            "additionalProperties": false,
            "default": {},
            "description": "Containers of the node at the workload source.",
            "properties": {
              "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Name of the node at the source. Defaults to the node's own name.",
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "none": {
                "type": "boolean",
                "default": false,
                "description": "The node is not at the source, and its removal needs no list of its containers."
              }
            }
          }
        }
      }
    },
    "title": "nodes/Node"
  },
  "nodes/NodePool": {
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "description": "A number of nodes with the same spec.",
    "properties": {
      "apiVersion": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Plugin and version, for example `certificates/v1`.",
        "const": "nodes/v1"
      },
      "kind": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Kind of the resource.",
        "const": "NodePool"
      },
      "metadata": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "description": "Name and labels of the resource.",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the resource; unique within its kind and scope.",
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "labels": {
            "type": "object",
            "default": {},
            "description": "Names and values to select resources by.",
            "additionalProperties": {
              "type": "string",
              "maxLength": 253
            }
          },
          "dependsOn": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "Addresses of resources that must exist first, for example `certificates/Issuer/test-ca`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^[^/\\s]+/[^/\\s]+/[^/\\s]+(?:/[^/\\s]+)*$"
            }
          }
        }
      },
      "lifecycle": {
        "type": "object",
        "additionalProperties": false,
        "default": {},
        "description": "Limits on changes to the resource.",
        "properties": {
          "protect": {
            "type": "boolean",
            "description": "Prevents removal, replacement and release. The protection is kept in the state: removing the document does not remove it."
          },
          "onRemove": {
            "enum": [
              "remove",
              "release"
            ],
            "description": "Action when the document is removed; each kind has its default.",
            "default": "release"
          },
          "ignore": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "JSON pointers to fields whose drift is accepted, for example `/spec/labels/seen`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^/spec(/([^/~]|~[01])*)*$"
            }
          },
          "hold": {
            "type": [
              "string",
              "boolean"
            ],
            "minLength": 1,
            "maxLength": 1000,
            "description": "Reason to leave the resource unchanged for now. The hold is kept in the state: removing the document does not lift it; `false`, or a document without this field, lifts it by a row of its own."
          }
        }
      },
      "spec": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "template"
        ],
        "properties": {
          "size": {
            "type": "integer",
            "minimum": 0,
            "maximum": 1000,
            "description": "Fixed number of nodes. Without it, `min` and `max` are the limits of the reactive policy."
          },
          "min": {
            "type": "integer",
            "minimum": 0,
            "maximum": 1000,
            "description": "Least number of nodes in service."
          },
          "max": {
            "type": "integer",
            "minimum": 0,
            "maximum": 1000,
            "description": "Greatest number of members, without those that are being removed."
          },
          "removalsAtOnce": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "default": 1,
            "description": "Greatest number of nodes that are drained or removed at once."
          },
          "replaceUnhealthyAfter": {
            "type": "string",
            "description": "Time after which an unhealthy member is replaced. By default, never.",
            "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
          },
          "scaling": {
            "type": "object",
            "additionalProperties": false,
            "default": {},
            "description": "The reactive policy of a pool with `min` and `max`, based on the memory of running and queued containers.",
            "properties": {
              "up": {
                "type": "string",
                "default": "85%",
                "description": "The pool grows when allocated and queued memory exceeds this share of all memory.",
                "pattern": "^(?:100(?:\\.0+)?|[0-9]{1,2}(?:\\.[0-9]{1,3})?)%$"
              },
              "down": {
                "type": "string",
                "default": "30%",
                "description": "The pool shrinks when allocated memory is below this share of all memory.",
                "pattern": "^(?:100(?:\\.0+)?|[0-9]{1,2}(?:\\.[0-9]{1,3})?)%$"
              },
              "for": {
                "type": "string",
                "default": "0s",
                "description": "Time for which a threshold must be crossed before the policy acts, at each recorded refresh (`apply`, `drift --record`). A pool without nodes and with queued containers grows at once.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "cooldown": {
                "type": "string",
                "default": "5m",
                "description": "Least time between two changes.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "downAfterUp": {
                "type": "string",
                "default": "20m",
                "description": "Time after growth in which the pool does not shrink.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              }
            }
          },
          "consolidation": {
            "type": "object",
            "additionalProperties": false,
            "default": {},
            "description": "Moves containers together to remove nodes.",
            "properties": {
              "enabled": {
                "type": "boolean",
                "default": false
              },
              "cooldown": {
                "type": "string",
                "default": "2h",
                "description": "Least time between two consolidations.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "maxUtilization": {
                "type": "string",
                "default": "70%",
                "description": "Greatest share of allocated memory at which the pool consolidates.",
                "pattern": "^(?:100(?:\\.0+)?|[0-9]{1,2}(?:\\.[0-9]{1,3})?)%$"
              },
              "minUptime": {
                "type": "string",
                "default": "30m",
                "description": "Least age of a node that is removed.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "minIdle": {
                "type": "string",
                "default": "15m",
                "description": "Least time since a node became empty or got its last container.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "minNodes": {
                "type": "integer",
                "minimum": 2,
                "maximum": 1000,
                "default": 2,
                "description": "Least number of nodes in service at which the pool consolidates."
              },
              "minSavings": {
                "type": "number",
                "minimum": 0,
                "maximum": 1000000,
                "default": 0.1,
                "description": "Least saving, in the provider's currency per hour."
              }
            }
          },
          "template": {
            "type": "object",
            "additionalProperties": false,
            "required": [
              "serverType",
              "image",
              "location"
            ],
            "description": "Spec of the members, as in a Node.",
            "properties": {
              "serverType": {
                "type": "string",
                "minLength": 1,
                "maxLength": 63,
                "pattern": "^[A-Za-z0-9._-]+$",
                "description": "Name of the server type. A change turns the server off.",
                "examples": [
                  "cx23"
                ]
              },
              "upgradeDisk": {
                "type": "boolean",
                "default": false,
                "description": "Lets a larger server type enlarge the disk too; a later change to a smaller type is then impossible."
              },
              "image": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Name of the image, or the id of a snapshot. A change destroys the data on the disk.",
                "examples": [
                  "debian-13"
                ],
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "onImageChange": {
                "enum": [
                  "rebuild",
                  "replace",
                  "ignore"
                ],
                "default": "rebuild",
                "description": "Action when the image changes: rebuild the server with a new disk, replace the server, or leave existing servers alone."
              },
              "location": {
                "type": "string",
                "minLength": 1,
                "maxLength": 63,
                "pattern": "^[A-Za-z0-9._-]+$",
                "description": "Name of its location. A change replaces it.",
                "examples": [
                  "nbg1"
                ]
              },
              "sshKeys": {
                "type": "array",
                "maxItems": 100,
                "uniqueItems": true,
                "default": [],
                "description": "Names or ids of the SSH keys for the new server. A change replaces the server. Without a key, the provider sets a password that fettle discards.",
                "items": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 253,
                  "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                }
              },
              "userData": {
                "type": "string",
                "maxLength": 32768,
                "description": "Script for cloud-init at the first start; 32 KiB at most. The log contains it: put secrets into `userDataFile`. A change replaces the server."
              },
              "userDataFile": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "description": "File with the user data, relative to the document; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. Only its digest is recorded.",
                "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
              },
              "networks": {
                "type": "array",
                "maxItems": 20,
                "description": "Private networks of the server. Defaults to the present ones.",
                "items": {
                  "type": "object",
                  "additionalProperties": false,
                  "required": [
                    "network"
                  ],
                  "properties": {
                    "network": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253,
                      "description": "Name or id of the network.",
                      "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                    },
                    "ip": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 45,
                      "description": "Address in the network. By default the provider chooses one.",
                      "examples": [
                        "10.0.0.7"
                      ]
                    },
                    "aliasIps": {
                      "type": "array",
                      "maxItems": 50,
                      "uniqueItems": true,
                      "default": [],
                      "description": "Further addresses in the network.",
                      "items": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 45
                      }
                    }
                  }
                }
              },
              "firewalls": {
                "type": "array",
                "maxItems": 5,
                "uniqueItems": true,
                "description": "Names or ids of the firewalls of the server. Defaults to the present ones.",
                "items": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 253,
                  "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                }
              },
              "placementGroup": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Name or id of the placement group. Joining one turns the server off. Defaults to the present one.",
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "labels": {
                "type": "object",
                "default": {},
                "maxProperties": 64,
                "description": "Labels at the provider. Labels from other sources stay.",
                "additionalProperties": {
                  "type": "string",
                  "maxLength": 63,
                  "pattern": "^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"
                }
              },
              "backups": {
                "type": "boolean",
                "description": "Daily backups, for 20 % of the price of the server. Turning them off deletes all backups. Defaults to the present setting."
              },
              "protection": {
                "type": "boolean",
                "description": "Delete and rebuild protection at the provider, always both. Only a row of its own lifts the protection. Defaults to the present setting."
              },
              "publicNet": {
                "type": "object",
                "additionalProperties": false,
                "default": {},
                "description": "Public addresses of the server. A change replaces the server.",
                "properties": {
                  "ipv4": {
                    "type": "boolean",
                    "default": true,
                    "description": "Whether the server has a public IPv4 address."
                  },
                  "ipv6": {
                    "type": "boolean",
                    "default": true,
                    "description": "Whether the server has a public IPv6 network."
                  },
                  "ipv4Address": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 253,
                    "description": "Name or id of a primary IP to use, instead of a new one.",
                    "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                  },
                  "ipv6Address": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 253,
                    "description": "Name or id of a primary IP to use, instead of a new one.",
                    "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                  }
                }
              },
              "readyGrace": {
                "type": "string",
                "default": "30m",
                "description": "Time that a node without any container so far must have been ready before its removal.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "idleGrace": {
                "type": "string",
                "default": "30m",
                "description": "Time that a node must have been empty before its removal.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "drainGrace": {
                "type": "string",
                "default": "5m",
                "description": "Least time between the draining of a node and its removal.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "startDeadline": {
                "type": "string",
                "default": "15m",
                "description": "Deadline from the creation to the first readiness; a later node is unhealthy.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "readiness": {
                "type": "object",
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
                "default": {
                  "after": "2m"
                },
                "description": "Probe for readiness, and for health from then on: exactly one kind.",
                "properties": {
                  "tcp": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": [
                      "port"
                    ],
                    "description": "A TCP port accepts connections.",
                    "properties": {
                      "port": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 65535
                      },
                      "network": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 253,
                        "description": "Private network to probe through. Defaults to the public address.",
                        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                      }
                    }
                  },
                  "http": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": [
                      "port"
                    ],
                    "description": "A GET is answered with a status from 200 to 399.",
                    "properties": {
                      "port": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 65535
                      },
                      "path": {
                        "type": "string",
                        "maxLength": 2048,
                        "pattern": "^/[!-~]*$",
                        "default": "/",
                        "description": "Path and query, in ASCII without spaces."
                      },
                      "network": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 253,
                        "description": "Private network to probe through. Defaults to the public address.",
                        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                      }
                    }
                  },
                  "label": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 317,
                    "pattern": "^[^=\\s]+=[^=\\s]*$",
                    "description": "The server has this label, `key=value`, which another program sets.",
                    "examples": [
                      "state=ready"
                    ]
                  },
                  "after": {
                    "type": "string",
                    "description": "The node is ready this long after its creation.",
                    "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
                  }
                }
              },
              "workloads": {
                "type": "object",
                "additionalProperties": false,
                "default": {},
                "properties": {
                  "none": {
                    "type": "boolean",
                    "default": false,
                    "description": "The nodes are not at the source, and a removal needs no list of their containers."
                  }
                }
              }
            }
          }
        }
      }
    },
    "title": "nodes/NodePool"
  },
  "nodes/Container": {
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "description": "A container and the node that it must run on; a consolidation declares such containers, and documents can.",
    "properties": {
      "apiVersion": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Plugin and version, for example `certificates/v1`.",
        "const": "nodes/v1"
      },
      "kind": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "description": "Kind of the resource.",
        "const": "Container"
      },
      "metadata": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "description": "Name and labels of the resource.",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the resource; unique within its kind and scope.",
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "labels": {
            "type": "object",
            "default": {},
            "description": "Names and values to select resources by.",
            "additionalProperties": {
              "type": "string",
              "maxLength": 253
            }
          },
          "dependsOn": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "Addresses of resources that must exist first, for example `certificates/Issuer/test-ca`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^[^/\\s]+/[^/\\s]+/[^/\\s]+(?:/[^/\\s]+)*$"
            }
          }
        }
      },
      "lifecycle": {
        "type": "object",
        "additionalProperties": false,
        "default": {},
        "description": "Limits on changes to the resource.",
        "properties": {
          "protect": {
            "type": "boolean",
            "description": "Prevents removal, replacement and release. The protection is kept in the state: removing the document does not remove it."
          },
          "onRemove": {
            "enum": [
              "remove",
              "release"
            ],
            "description": "Action when the document is removed; each kind has its default.",
            "default": "release"
          },
          "ignore": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "JSON pointers to fields whose drift is accepted, for example `/spec/labels/seen`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^/spec(/([^/~]|~[01])*)*$"
            }
          },
          "hold": {
            "type": [
              "string",
              "boolean"
            ],
            "minLength": 1,
            "maxLength": 1000,
            "description": "Reason to leave the resource unchanged for now. The hold is kept in the state: removing the document does not lift it; `false`, or a document without this field, lifts it by a row of its own."
          }
        }
      },
      "spec": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "node"
        ],
        "properties": {
          "node": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the Node that the container should run on; members of a pool count."
          },
          "pool": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "The pool whose consolidation moves the container."
          }
        }
      }
    },
    "title": "nodes/Container"
  }
};

export const schemas = {
  document: { ...{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Document of fettle",
  "description": "One resource and its desired state.",
  "type": "object",
  "required": [
    "apiVersion",
    "kind",
    "metadata",
    "spec"
  ],
  "properties": {
    "apiVersion": {
      "enum": [
        "certificates/v1",
        "nodes/v1"
      ]
    },
    "kind": {
      "enum": [
        "Issuer",
        "Certificate",
        "Domain",
        "Node",
        "NodePool",
        "Container"
      ]
    }
  },
  "anyOf": [
    {
      "$ref": "#/definitions/certificates~1Issuer"
    },
    {
      "$ref": "#/definitions/certificates~1Certificate"
    },
    {
      "$ref": "#/definitions/certificates~1Domain"
    },
    {
      "$ref": "#/definitions/nodes~1Node"
    },
    {
      "$ref": "#/definitions/nodes~1NodePool"
    },
    {
      "$ref": "#/definitions/nodes~1Container"
    }
  ]
}, definitions: kinds },
  fettle: {
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "fettle.yaml",
  "type": "object",
  "additionalProperties": false,
  "description": "Configuration of a project.",
  "properties": {
    "name": {
      "type": "string",
      "minLength": 1,
      "maxLength": 63,
      "pattern": "^[A-Za-z0-9._-]+$",
      "description": "Name of the project, its scope in a shared store. Defaults to the name of the folder."
    },
    "desired": {
      "type": [
        "string",
        "array"
      ],
      "minLength": 1,
      "maxLength": 4096,
      "minItems": 1,
      "maxItems": 1000,
      "default": [
        "desired/"
      ],
      "description": "Files, folders and patterns with documents, relative to this file.",
      "items": {
        "type": "string",
        "minLength": 1,
        "maxLength": 4096
      }
    },
    "store": {
      "type": "string",
      "minLength": 1,
      "maxLength": 4096,
      "default": ".fettle",
      "description": "Folder of the log, relative to this file; or `postgres://user@host/database`, its password from PGPASSWORD or `${env:NAME}`, sent only to an origin that FETTLE_STORE_ORIGIN names."
    },
    "parallelism": {
      "type": "integer",
      "minimum": 1,
      "maximum": 1000,
      "default": 10,
      "description": "How many actions run at once."
    },
    "onDamage": {
      "enum": [
        "stop",
        "recover"
      ],
      "default": "stop",
      "description": "What `apply` does when the log is damaged."
    },
    "plugins": {
      "type": "object",
      "default": {},
      "description": "Settings of the plugins, by name.",
      "additionalProperties": false,
      "properties": {
        "certificates": {
          "description": "TLS certificates, the authorities that issue them, and the servers that serve them.",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "parallelism": {
              "type": "integer",
              "minimum": 1,
              "maximum": 1000,
              "default": 8,
              "description": "How many actions of this plugin run at once."
            },
            "probe": {
              "type": "object",
              "additionalProperties": false,
              "default": {},
              "description": "Limits of the probes of TLS servers.",
              "properties": {
                "concurrency": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 1000,
                  "default": 100,
                  "description": "Probes at once."
                },
                "connectSeconds": {
                  "type": "number",
                  "exclusiveMinimum": 0,
                  "maximum": 60,
                  "default": 5,
                  "description": "Deadline of the TCP connection."
                },
                "handshakeSeconds": {
                  "type": "number",
                  "exclusiveMinimum": 0,
                  "maximum": 60,
                  "default": 5,
                  "description": "Deadline of the TLS handshake."
                },
                "totalSeconds": {
                  "type": "number",
                  "exclusiveMinimum": 0,
                  "maximum": 120,
                  "default": 10,
                  "description": "Deadline of the whole probe of one address, and of resolving a name."
                },
                "allow": {
                  "type": "array",
                  "maxItems": 1000,
                  "uniqueItems": true,
                  "default": [],
                  "description": "Always empty: exceptions to denied networks come from the environment variable `FETTLE_ALLOW_NETWORKS` alone.",
                  "items": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 64
                  }
                },
                "deny": {
                  "type": "array",
                  "maxItems": 1000,
                  "uniqueItems": true,
                  "default": [],
                  "examples": [
                    [
                      "10.0.0.0/8",
                      "fd00::/8"
                    ]
                  ],
                  "description": "Networks that fettle never connects to, even if a name resolves to them, in every form in which IPv6 embeds an IPv4 address. Link-local, multicast and unspecified networks and the metadata addresses of clouds are always denied, unless the environment variable `FETTLE_ALLOW_NETWORKS` names the same network or a narrower one. The narrowest network decides; of two equal ones, `deny` does.",
                  "items": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 64
                  }
                },
                "resolvers": {
                  "type": "array",
                  "maxItems": 10,
                  "uniqueItems": true,
                  "examples": [
                    [
                      "192.0.2.53",
                      "[2001:db8::53]:5353"
                    ]
                  ],
                  "description": "DNS servers to ask instead of the resolver of this machine.",
                  "items": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 64
                  }
                }
              }
            },
            "renewal": {
              "type": "object",
              "additionalProperties": false,
              "default": {},
              "description": "How Certificates are renewed whose documents do not say it themselves.",
              "properties": {
                "enabled": {
                  "type": "boolean",
                  "default": true,
                  "description": "Whether they are renewed; without it, that one is due is only told."
                },
                "thresholdDays": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 365,
                  "default": 30,
                  "description": "A renewal is due when so many days are left, or a third of the lifetime, whichever is less."
                },
                "checkInterval": {
                  "type": "string",
                  "default": "24h",
                  "description": "How often it is written down that one was looked at, where nothing else is new; at least 1h.",
                  "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
                },
                "retryInterval": {
                  "type": "string",
                  "default": "1h",
                  "description": "From a failed renewal to the next one; at least 1m.",
                  "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
                },
                "maxRetries": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 1000,
                  "default": 10,
                  "description": "After so many failed renewals in a row, and after the first one at the earliest, nothing more is tried until the document changes, or somebody overrides it."
                },
                "backoffMultiplier": {
                  "type": "number",
                  "minimum": 1,
                  "maximum": 100,
                  "default": 2,
                  "description": "Each failure after the first one multiplies the time to the next try."
                },
                "maxBackoff": {
                  "type": "string",
                  "default": "24h",
                  "description": "The longest time to the next try; no shorter than `retryInterval`.",
                  "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
                }
              }
            },
            "recovery": {
              "type": "object",
              "additionalProperties": false,
              "default": {},
              "description": "How expired Certificates are replaced whose documents do not say it themselves.",
              "properties": {
                "enabled": {
                  "type": "boolean",
                  "default": true,
                  "description": "Whether they are replaced; without it, that one has expired is only told."
                },
                "retryInterval": {
                  "type": "string",
                  "default": "1m",
                  "description": "From a failed recovery to the next one; at least 1m.",
                  "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
                },
                "maxRetries": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 1000,
                  "default": 3,
                  "description": "After so many failed recoveries in a row nothing more is tried, as for renewals."
                },
                "backoffMultiplier": {
                  "type": "number",
                  "minimum": 1,
                  "maximum": 100,
                  "default": 2,
                  "description": "As for renewals."
                },
                "maxBackoff": {
                  "type": "string",
                  "default": "1h",
                  "description": "As for renewals.",
                  "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
                }
              }
            },
            "served": {
              "type": "object",
              "additionalProperties": false,
              "default": {},
              "description": "How Certificates reach what serves them, where their documents do not say it themselves.",
              "properties": {
                "withinSeconds": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 120,
                  "default": 30,
                  "description": "Within this time after a reload, every address of their Domains has to serve the new one."
                },
                "retryInterval": {
                  "type": "string",
                  "default": "1m",
                  "description": "From a reload after which it was not served to the next one; at least 1m.",
                  "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
                },
                "maxRetries": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 1000,
                  "default": 10,
                  "description": "After so many such reloads in a row nothing more is tried, as for renewals."
                },
                "backoffMultiplier": {
                  "type": "number",
                  "minimum": 1,
                  "maximum": 100,
                  "default": 2,
                  "description": "As for renewals."
                },
                "maxBackoff": {
                  "type": "string",
                  "default": "1h",
                  "description": "As for renewals.",
                  "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
                }
              }
            },
            "commands": {
              "type": "array",
              "maxItems": 1000,
              "default": [],
              "description": "Command lines that `deploy` and `reload` of a Certificate may use, each a list of words. Only a line that is listed here word for word ever runs, and only in `apply`.",
              "examples": [
                [
                  [
                    "systemctl",
                    "reload",
                    "nginx"
                  ]
                ]
              ],
              "items": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 4096
                }
              }
            },
            "pidFiles": {
              "type": "array",
              "maxItems": 1000,
              "default": [],
              "description": "PID files, relative to `fettle.yaml`, of the processes that `reload` of a Certificate may signal.",
              "examples": [
                [
                  "/run/nginx.pid"
                ]
              ],
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
              }
            }
          }
        },
        "nodes": {
          "description": "Cloud servers, pools of servers, and the containers that keep them from being removed.",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "parallelism": {
              "type": "integer",
              "minimum": 1,
              "maximum": 1000,
              "default": 8,
              "description": "How many actions of this plugin run at once."
            },
            "provider": {
              "type": "object",
              "additionalProperties": false,
              "default": {},
              "properties": {
                "hetzner": {
                  "type": "object",
                  "additionalProperties": false,
                  "default": {},
                  "description": "The account at Hetzner Cloud.",
                  "properties": {
                    "token": {
                      "type": "string",
                      "description": "Token of the project, from the environment variable `HCLOUD_TOKEN` (the default) or one whose name begins with `HCLOUD_TOKEN_`.",
                      "examples": [
                        "${env:HCLOUD_TOKEN_SHOP}"
                      ],
                      "pattern": "^(?:\\$\\{(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^}]{1,4096})\\}|sandbox-token-[a-z0-9-]{1,100})$"
                    },
                    "endpoint": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 2048,
                      "default": "https://api.hetzner.cloud/v1",
                      "description": "Address of the API. Any other address must be the one in the environment variable `HCLOUD_ENDPOINT`, or have its origin in `FETTLE_PROVIDER_ORIGINS`: an edit of this file never sends the token elsewhere.",
                      "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                    }
                  }
                }
              }
            },
            "requestSeconds": {
              "type": "number",
              "exclusiveMinimum": 0,
              "maximum": 600,
              "default": 30,
              "description": "Deadline of one request to the API."
            },
            "requestReserve": {
              "type": "integer",
              "minimum": 0,
              "maximum": 100000,
              "default": 100,
              "description": "Requests of the rate limit that are left to other clients: below this number, refreshes slow down."
            },
            "workloads": {
              "type": "object",
              "additionalProperties": false,
              "description": "The source of truth for the containers on each node. Without a source, a node is not removed unless nothing can run on it.",
              "properties": {
                "http": {
                  "type": "object",
                  "additionalProperties": false,
                  "required": [
                    "url"
                  ],
                  "description": "A GET of JSON in the published form (schema `nodes/Workloads`).",
                  "properties": {
                    "url": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 2048,
                      "pattern": "^https?://",
                      "description": "Address of the list of containers.",
                      "examples": [
                        "https://conductor.example.test/fettle/workloads"
                      ]
                    },
                    "drainUrl": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 2048,
                      "pattern": "^https?://",
                      "description": "Address for a POST of `{\"node\": \"NAME\"}`, which stops new containers on a node. The answer means that this is done."
                    },
                    "migrateUrl": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 2048,
                      "pattern": "^https?://",
                      "description": "Address for a POST of `{\"container\": \"ID\", \"from\": \"NAME\", \"to\": \"NAME\"}`, which moves a container. The answer means that this is done."
                    },
                    "token": {
                      "type": "string",
                      "description": "Bearer token for these requests, from the environment variable `WORKLOADS_TOKEN` or one whose name begins with `WORKLOADS_TOKEN_`. The token is sent only to origins in the environment variable `FETTLE_PROVIDER_ORIGINS`.",
                      "examples": [
                        "${env:WORKLOADS_TOKEN}"
                      ],
                      "pattern": "^(?:\\$\\{(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^}]{1,4096})\\}|sandbox-token-[a-z0-9-]{1,100})$"
                    },
                    "timeoutSeconds": {
                      "type": "number",
                      "exclusiveMinimum": 0,
                      "maximum": 600,
                      "default": 15,
                      "description": "Deadline of the GET."
                    },
                    "hookSeconds": {
                      "type": "number",
                      "exclusiveMinimum": 0,
                      "maximum": 3600,
                      "default": 300,
                      "description": "Deadline of a hook."
                    }
                  }
                },
                "file": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 4096,
                  "description": "A file with the same JSON, relative to `fettle.yaml`; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names.",
                  "pattern": "^(?![~$\\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?://|\\s$|(?:^\\.{1,2}|/\\.{0,2})$))[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff\\\\\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
                },
                "interval": {
                  "type": "string",
                  "default": "2m",
                  "description": "Greatest time between two refreshes of the containers. After more than twice this time, a node whose source does not report `emptySince` starts its idle grace again.",
                  "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
                }
              }
            },
            "probe": {
              "type": "object",
              "additionalProperties": false,
              "default": {},
              "description": "Limits of the readiness probes.",
              "properties": {
                "concurrency": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 1000,
                  "default": 100,
                  "description": "Probes at once."
                },
                "timeoutSeconds": {
                  "type": "number",
                  "exclusiveMinimum": 0,
                  "maximum": 60,
                  "default": 5,
                  "description": "Deadline of one probe, name resolution included."
                },
                "interval": {
                  "type": "string",
                  "default": "10s",
                  "description": "Failed probes in quicker succession count once.",
                  "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
                }
              }
            }
          }
        }
      }
    },
    "safety": {
      "type": "object",
      "additionalProperties": false,
      "default": {},
      "description": "Limits of the safety rules.",
      "properties": {
        "maxAge": {
          "type": "string",
          "default": "60s",
          "description": "Greatest age of the refresh for a destructive step.",
          "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
        },
        "removals": {
          "type": "object",
          "additionalProperties": false,
          "default": {},
          "description": "Removals of one kind at once; above the limit, nothing of the kind is removed.",
          "properties": {
            "max": {
              "type": "integer",
              "minimum": 0,
              "maximum": 1000000,
              "default": 10,
              "description": "Greatest number of removals."
            },
            "share": {
              "type": "string",
              "default": "30%",
              "description": "Greatest share of the owned resources.",
              "pattern": "^(?:100(?:\\.0+)?|[0-9]{1,2}(?:\\.[0-9]{1,3})?)%$"
            },
            "from": {
              "type": "integer",
              "minimum": 1,
              "maximum": 1000000,
              "default": 4,
              "description": "Number of owned resources from which the share counts; below it, only `max` does."
            },
            "per": {
              "type": "string",
              "default": "1h",
              "description": "Time for which removals of earlier runs count, 7d at most.",
              "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
            }
          }
        },
        "collapse": {
          "type": "object",
          "additionalProperties": false,
          "default": {},
          "description": "Limits at which missing resources make the refresh itself doubtful.",
          "properties": {
            "share": {
              "type": "string",
              "default": "50%",
              "description": "Share of the owned resources that must be missing.",
              "pattern": "^(?:100(?:\\.0+)?|[0-9]{1,2}(?:\\.[0-9]{1,3})?)%$"
            },
            "from": {
              "type": "integer",
              "minimum": 1,
              "maximum": 1000000,
              "default": 4,
              "description": "Number of owned resources from which the share counts."
            }
          }
        },
        "budgets": {
          "type": "array",
          "maxItems": 1000,
          "default": [],
          "description": "Limits on disruptive steps over time.",
          "items": {
            "type": "object",
            "additionalProperties": false,
            "required": [
              "max",
              "per"
            ],
            "properties": {
              "match": {
                "type": "object",
                "additionalProperties": false,
                "default": {},
                "description": "Resources that share this budget; a field that is left out matches all.",
                "properties": {
                  "plugin": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 253
                  },
                  "kind": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 253
                  },
                  "labels": {
                    "type": "object",
                    "default": {},
                    "description": "Labels that a resource must have.",
                    "additionalProperties": {
                      "type": "string",
                      "maxLength": 253
                    }
                  }
                }
              },
              "max": {
                "type": "integer",
                "minimum": 0,
                "maximum": 1000000,
                "description": "Greatest number of steps."
              },
              "per": {
                "type": "string",
                "description": "Time over which the steps count, 7d at most.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              }
            }
          }
        },
        "freeze": {
          "type": "array",
          "maxItems": 100,
          "default": [],
          "description": "Windows in which nothing changes.",
          "items": {
            "type": "object",
            "additionalProperties": false,
            "required": [
              "cron",
              "for",
              "reason"
            ],
            "properties": {
              "cron": {
                "type": "string",
                "minLength": 9,
                "maxLength": 200,
                "description": "Start of the window: minute, hour, day of month, month, day of week.",
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "for": {
                "type": "string",
                "description": "Length of the window, 366d at most.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "timezone": {
                "type": "string",
                "minLength": 1,
                "maxLength": 100,
                "default": "UTC",
                "description": "Time zone of the schedule, for example Europe/Berlin."
              },
              "reason": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1000,
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              }
            }
          }
        },
        "overrides": {
          "type": "array",
          "maxItems": 1000,
          "default": [],
          "description": "Exceptions, each for one rule on one address until a time.",
          "items": {
            "type": "object",
            "additionalProperties": false,
            "required": [
              "rule",
              "address",
              "until",
              "reason"
            ],
            "properties": {
              "rule": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "address": {
                "type": "string",
                "minLength": 1,
                "maxLength": 2048,
                "pattern": "^[^/\\s]+/[^/\\s]+/[^/\\s]+(?:/[^/\\s]+)*$"
              },
              "until": {
                "type": "string",
                "description": "Time at which the override expires; an expired override is an error.",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
              },
              "reason": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1000,
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              }
            }
          }
        }
      }
    },
    "drift": {
      "type": "object",
      "additionalProperties": false,
      "default": {},
      "description": "Settings of `fettle drift`.",
      "properties": {
        "suppress": {
          "type": "array",
          "maxItems": 1000,
          "default": [],
          "description": "Known drift and findings that are not counted until a time.",
          "items": {
            "type": "object",
            "additionalProperties": false,
            "required": [
              "address",
              "until",
              "owner",
              "reason"
            ],
            "properties": {
              "address": {
                "type": "string",
                "minLength": 1,
                "maxLength": 2048,
                "description": "Address or glob, for example `nodes/Node/*`.",
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "path": {
                "type": "string",
                "minLength": 1,
                "maxLength": 2048,
                "pattern": "^(/([^/~]|~[01])*)+$",
                "description": "JSON pointer into the spec: suppresses the drift of this field and of the fields below it."
              },
              "finding": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Code of a finding to suppress, instead of `path`.",
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "until": {
                "type": "string",
                "description": "Time at which the drift or finding counts again; the suppression is then reported as expired.",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
              },
              "owner": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Person or team that is responsible.",
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "reason": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1000,
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              }
            }
          }
        }
      }
    }
  }
},
  plan: {
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Plan of fettle",
  "type": "object",
  "required": [
    "format_version",
    "fettle_version",
    "timestamp",
    "project",
    "complete",
    "applyable",
    "errored",
    "resource_changes",
    "rejected_changes",
    "deferred_changes",
    "prior_state",
    "resource_drift",
    "checks",
    "gaps",
    "summary"
  ],
  "description": "A plan that `fettle plan -o FILE` writes.",
  "properties": {
    "format_version": {
      "type": "string",
      "pattern": "^1\\.[0-9]+$",
      "description": "Version of this format; readers refuse another major version."
    },
    "fettle_version": {
      "type": "string",
      "minLength": 1
    },
    "timestamp": {
      "type": "string",
      "description": "Time of the plan.",
      "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
    },
    "project": {
      "type": "string",
      "minLength": 1
    },
    "complete": {
      "type": "boolean",
      "description": "Nothing was left out: no gap, no target."
    },
    "targeted": {
      "type": "boolean",
      "description": "Addresses were named or excluded, and the rest was not judged."
    },
    "causes": {
      "type": "array",
      "items": {
        "enum": [
          "new",
          "edit",
          "drift",
          "orphan",
          "time",
          "progress",
          "policy"
        ]
      },
      "description": "The causes that `--cause` limits the plan to; absent for all."
    },
    "applyable": {
      "type": "boolean",
      "description": "There are rows that would run."
    },
    "errored": {
      "type": "boolean"
    },
    "resource_changes": {
      "type": "array",
      "description": "Changes that would run.",
      "items": {
        "$ref": "#/definitions/ResourceChange"
      }
    },
    "rejected_changes": {
      "type": "array",
      "description": "Unsafe changes that will not run.",
      "items": {
        "$ref": "#/definitions/RefusedChange"
      }
    },
    "deferred_changes": {
      "type": "array",
      "description": "Changes that have to wait.",
      "items": {
        "$ref": "#/definitions/RefusedChange"
      }
    },
    "prior_state": {
      "type": "object",
      "required": [
        "resources"
      ],
      "description": "The current state of every resource.",
      "properties": {
        "resources": {
          "type": "array",
          "items": {
            "type": "object",
            "required": [
              "address",
              "type",
              "state"
            ],
            "properties": {
              "address": {
                "type": "string",
                "minLength": 1
              },
              "type": {
                "type": "string",
                "minLength": 1
              },
              "state": {
                "type": "string",
                "minLength": 1
              },
              "values": {}
            }
          }
        }
      }
    },
    "resource_drift": {
      "type": "array",
      "description": "Differences of the current state from the last applied one.",
      "items": {
        "type": "object",
        "required": [
          "address",
          "change"
        ],
        "properties": {
          "address": {
            "type": "string",
            "minLength": 1
          },
          "change": {
            "$ref": "#/definitions/ValueChange"
          }
        }
      }
    },
    "checks": {
      "type": "array",
      "description": "Findings.",
      "items": {
        "type": "object",
        "required": [
          "address",
          "code",
          "severity",
          "message",
          "facts"
        ],
        "properties": {
          "address": {
            "type": "string",
            "minLength": 1
          },
          "code": {
            "type": "string",
            "minLength": 1
          },
          "severity": {
            "enum": [
              "error",
              "warning",
              "info"
            ]
          },
          "message": {
            "type": "string"
          },
          "facts": {
            "type": "object"
          },
          "since": {
            "type": "string",
            "description": "Time at which an apply first recorded the finding; absent for a new one.",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
          }
        }
      }
    },
    "suppressed_checks": {
      "type": "array",
      "description": "Findings that drift.suppress covers; left out where there are none.",
      "items": {
        "type": "object",
        "required": [
          "address",
          "code",
          "severity",
          "message",
          "facts",
          "suppressed"
        ],
        "properties": {
          "address": {
            "type": "string",
            "minLength": 1
          },
          "code": {
            "type": "string",
            "minLength": 1
          },
          "severity": {
            "enum": [
              "error",
              "warning",
              "info"
            ]
          },
          "message": {
            "type": "string"
          },
          "facts": {
            "type": "object"
          },
          "suppressed": {
            "type": "object",
            "required": [
              "until",
              "owner",
              "reason"
            ],
            "properties": {
              "until": {
                "type": "string",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
              },
              "owner": {
                "type": "string"
              },
              "reason": {
                "type": "string"
              }
            }
          }
        }
      }
    },
    "gaps": {
      "type": "array",
      "description": "Resources that could not be read.",
      "items": {
        "type": "object",
        "required": [
          "plugin",
          "scope",
          "message"
        ],
        "properties": {
          "plugin": {
            "type": "string",
            "minLength": 1
          },
          "scope": {
            "type": "string",
            "minLength": 1
          },
          "message": {
            "type": "string"
          },
          "since": {
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
          }
        }
      }
    },
    "unmanaged": {
      "type": "array",
      "description": "Addresses of resources that exist and are neither declared nor owned.",
      "items": {
        "type": "string",
        "minLength": 1
      }
    },
    "settled": {
      "type": "array",
      "description": "Steps that an earlier run left open, with the outcome that the refresh found.",
      "items": {
        "type": "object",
        "required": [
          "address",
          "step",
          "outcome"
        ],
        "properties": {
          "address": {
            "type": "string",
            "minLength": 1
          },
          "step": {
            "type": "string",
            "pattern": "^(?:[^:>]+:)?[^:>]+>[^:>]+$"
          },
          "outcome": {
            "type": "string",
            "minLength": 1
          }
        }
      }
    },
    "summary": {
      "type": "object",
      "required": [
        "add",
        "change",
        "step",
        "remove",
        "rejected",
        "deferred",
        "findings",
        "unchanged"
      ],
      "properties": {
        "resources": {
          "type": "integer",
          "minimum": 0
        },
        "plugins": {
          "type": "integer",
          "minimum": 0
        },
        "add": {
          "type": "integer",
          "minimum": 0
        },
        "change": {
          "type": "integer",
          "minimum": 0
        },
        "step": {
          "type": "integer",
          "minimum": 0
        },
        "remove": {
          "type": "integer",
          "minimum": 0
        },
        "rejected": {
          "type": "integer",
          "minimum": 0
        },
        "deferred": {
          "type": "integer",
          "minimum": 0
        },
        "findings": {
          "type": "integer",
          "minimum": 0
        },
        "unchanged": {
          "type": "integer",
          "minimum": 0
        },
        "unread": {
          "type": "integer",
          "minimum": 0,
          "description": "Covered by a gap, and therefore not judged."
        },
        "excluded": {
          "type": "integer",
          "minimum": 0,
          "description": "Changes of other causes; absent without `--cause`."
        }
      }
    },
    "summaries": {
      "type": "array",
      "description": "Totals of each plugin.",
      "items": {
        "type": "object",
        "required": [
          "plugin",
          "title",
          "lines",
          "facts"
        ],
        "properties": {
          "plugin": {
            "type": "string",
            "minLength": 1
          },
          "title": {
            "type": "string",
            "minLength": 1
          },
          "lines": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "facts": {
            "type": "object"
          }
        }
      }
    },
    "plan_digest": {
      "type": "string",
      "description": "Digest of everything that decides what the accepted rows do; absent if the log could not be read.",
      "pattern": "^sha256:[0-9a-f]{64}$"
    },
    "log_head": {
      "type": "object",
      "required": [
        "seq",
        "hash"
      ],
      "description": "The last record of the log.",
      "properties": {
        "seq": {
          "type": "integer",
          "minimum": 1
        },
        "hash": {
          "type": "string",
          "minLength": 1
        }
      }
    },
    "checksum": {
      "type": "string",
      "description": "Digest of the whole saved plan except this field.",
      "pattern": "^sha256:[0-9a-f]{64}$"
    }
  },
  "definitions": {
    "ValueChange": {
      "type": "object",
      "required": [
        "actions"
      ],
      "properties": {
        "actions": {
          "type": "array",
          "minItems": 1,
          "items": {
            "enum": [
              "create",
              "update",
              "delete",
              "forget",
              "no-op"
            ]
          }
        },
        "before": {},
        "after": {},
        "before_sensitive": {},
        "after_sensitive": {}
      }
    },
    "ResourceChange": {
      "type": "object",
      "required": [
        "address",
        "type",
        "name",
        "provider_name",
        "change",
        "step",
        "goal",
        "cause",
        "because",
        "basis"
      ],
      "properties": {
        "address": {
          "type": "string",
          "minLength": 1
        },
        "type": {
          "type": "string",
          "minLength": 1
        },
        "name": {
          "type": "string",
          "minLength": 1
        },
        "provider_name": {
          "type": "string",
          "minLength": 1
        },
        "change": {
          "$ref": "#/definitions/ValueChange"
        },
        "step": {
          "type": "string",
          "pattern": "^(?:[^:>]+:)?[^:>]+>[^:>]+$"
        },
        "goal": {
          "enum": [
            "create",
            "update",
            "replace",
            "remove",
            "adopt",
            "protect",
            "release"
          ]
        },
        "cause": {
          "enum": [
            "new",
            "edit",
            "drift",
            "orphan",
            "time",
            "progress",
            "policy"
          ]
        },
        "because": {
          "type": "string"
        },
        "reversible": {
          "enum": [
            "yes",
            "no",
            "partly"
          ]
        },
        "disruptive": {
          "const": true,
          "description": "The step interrupts a resource that is in use, for example by turning a server off."
        },
        "basis": {
          "type": "string",
          "description": "Digest of the row, of everything that its approval covers, and of the current state.",
          "pattern": "^sha256:[0-9a-f]{64}$"
        },
        "covers": {
          "type": "object",
          "description": "Everything that decides what the row does, apart from the current state; part of the plan's digest.",
          "properties": {
            "spec": {
              "description": "The whole spec, with defaults filled in, paths relative to the project, and ignored fields at their current values."
            },
            "lifecycle": {
              "type": "object"
            },
            "applied": {
              "type": "string",
              "description": "Digest of the last applied spec, if the document was removed.",
              "pattern": "^sha256:[0-9a-f]{64}$"
            },
            "rules": {
              "type": "array",
              "items": {
                "type": "string"
              },
              "description": "Every rule that was evaluated."
            },
            "limits": {
              "type": "object",
              "description": "Limits that the rules used, by rule."
            },
            "uses": {
              "type": "object",
              "description": "Digests of the specs of other resources, by address."
            },
            "settings": {
              "type": "object",
              "description": "Settings of the plugin that decide what the row does; secrets by the names of their references."
            },
            "files": {
              "type": "array",
              "description": "Files whose content is sent, read or run.",
              "items": {
                "type": "object",
                "required": [
                  "path",
                  "use"
                ],
                "properties": {
                  "path": {
                    "type": "string"
                  },
                  "use": {
                    "enum": [
                      "send",
                      "read",
                      "run"
                    ]
                  },
                  "digest": {
                    "type": "string",
                    "pattern": "^sha256:[0-9a-f]{64}$"
                  },
                  "problem": {
                    "type": "string"
                  }
                }
              }
            },
            "commands": {
              "type": "array",
              "items": {
                "type": "array",
                "items": {
                  "type": "string"
                }
              },
              "description": "Command lines that the row runs."
            },
            "values": {
              "type": "object",
              "description": "Further values that decide, in the form that the kind defines."
            }
          }
        },
        "written": {
          "type": "array",
          "items": {
            "type": "string"
          },
          "description": "JSON pointers to the spec fields that the document declares; the others are defaults."
        },
        "edits": {
          "type": "array",
          "description": "Edits since the last apply that no difference from the current state shows.",
          "items": {
            "type": "object",
            "required": [
              "path"
            ],
            "properties": {
              "path": {
                "type": "string"
              },
              "before": {},
              "after": {}
            }
          }
        },
        "source": {
          "type": "object",
          "required": [
            "filename",
            "start"
          ],
          "properties": {
            "filename": {
              "type": "string"
            },
            "start": {
              "type": "object",
              "required": [
                "line",
                "column"
              ],
              "properties": {
                "line": {
                  "type": "integer",
                  "minimum": 1
                },
                "column": {
                  "type": "integer",
                  "minimum": 1
                }
              }
            }
          }
        },
        "warnings": {
          "type": "array",
          "items": {
            "type": "string"
          }
        },
        "overrides": {
          "type": "array",
          "items": {
            "type": "object",
            "required": [
              "rule",
              "reason"
            ],
            "properties": {
              "rule": {
                "type": "string",
                "minLength": 1
              },
              "reason": {
                "type": "string",
                "minLength": 1
              }
            }
          }
        }
      }
    },
    "RefusedChange": {
      "type": "object",
      "required": [
        "reason",
        "resource_change",
        "reasons"
      ],
      "properties": {
        "reason": {
          "type": "string",
          "minLength": 1,
          "description": "The rule of the first reason."
        },
        "resource_change": {
          "$ref": "#/definitions/ResourceChange"
        },
        "reasons": {
          "type": "array",
          "items": {
            "$ref": "#/definitions/Reason"
          }
        },
        "clears_at": {
          "type": "string",
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
        }
      }
    },
    "Reason": {
      "type": "object",
      "required": [
        "rule",
        "message",
        "facts",
        "overridable"
      ],
      "properties": {
        "rule": {
          "type": "string",
          "minLength": 1
        },
        "message": {
          "type": "string"
        },
        "facts": {
          "type": "object"
        },
        "observed_at": {
          "type": "string",
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
        },
        "clears_at": {
          "type": "string",
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
        },
        "remedy": {
          "type": "object"
        },
        "overridable": {
          "type": "boolean"
        }
      }
    }
  }
},
  record: {
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Record of the log of fettle",
  "type": "object",
  "additionalProperties": false,
  "required": [
    "seq",
    "time",
    "actor",
    "kind",
    "body",
    "prev",
    "hash"
  ],
  "description": "One line of the log.",
  "properties": {
    "seq": {
      "type": "integer",
      "minimum": 1,
      "description": "Sequence number from 1, without gaps."
    },
    "time": {
      "type": "string",
      "description": "Time of the record, never before the record ahead of it.",
      "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
    },
    "actor": {
      "type": "string",
      "minLength": 1
    },
    "kind": {
      "enum": [
        "run",
        "end",
        "seen",
        "intent",
        "outcome",
        "refusal",
        "memory",
        "moved",
        "checkpoint",
        "remembered"
      ]
    },
    "body": {
      "type": "object"
    },
    "prev": {
      "type": "string",
      "pattern": "^[0-9a-f]{64}$",
      "description": "Hash of the record ahead of it; zeros in the first one."
    },
    "hash": {
      "type": "string",
      "pattern": "^[0-9a-f]{64}$",
      "description": "SHA-256 of this line."
    }
  },
  "allOf": [
    {
      "if": {
        "properties": {
          "kind": {
            "const": "run"
          }
        },
        "required": [
          "kind"
        ]
      },
      "then": {
        "properties": {
          "body": {
            "required": [
              "run",
              "command",
              "version"
            ]
          }
        }
      }
    },
    {
      "if": {
        "properties": {
          "kind": {
            "const": "end"
          }
        },
        "required": [
          "kind"
        ]
      },
      "then": {
        "properties": {
          "body": {
            "required": [
              "run",
              "exit",
              "counts"
            ]
          }
        }
      }
    },
    {
      "if": {
        "properties": {
          "kind": {
            "const": "seen"
          }
        },
        "required": [
          "kind"
        ]
      },
      "then": {
        "properties": {
          "body": {
            "required": [
              "run",
              "resources",
              "counts"
            ]
          }
        }
      }
    },
    {
      "if": {
        "properties": {
          "kind": {
            "const": "intent"
          }
        },
        "required": [
          "kind"
        ]
      },
      "then": {
        "properties": {
          "body": {
            "required": [
              "run",
              "ref",
              "step",
              "goal",
              "cause",
              "because",
              "basis"
            ]
          }
        }
      }
    },
    {
      "if": {
        "properties": {
          "kind": {
            "const": "outcome"
          }
        },
        "required": [
          "kind"
        ]
      },
      "then": {
        "properties": {
          "body": {
            "required": [
              "run",
              "ref",
              "intent",
              "outcome"
            ]
          }
        }
      }
    },
    {
      "if": {
        "properties": {
          "kind": {
            "const": "refusal"
          }
        },
        "required": [
          "kind"
        ]
      },
      "then": {
        "properties": {
          "body": {
            "required": [
              "run",
              "ref",
              "step",
              "goal",
              "cause",
              "verdict",
              "reasons"
            ]
          }
        }
      }
    },
    {
      "if": {
        "properties": {
          "kind": {
            "const": "memory"
          }
        },
        "required": [
          "kind"
        ]
      },
      "then": {
        "properties": {
          "body": {
            "required": [
              "run",
              "ref",
              "goal",
              "because"
            ]
          }
        }
      }
    },
    {
      "if": {
        "properties": {
          "kind": {
            "const": "moved"
          }
        },
        "required": [
          "kind"
        ]
      },
      "then": {
        "properties": {
          "body": {
            "required": [
              "run",
              "from",
              "ref"
            ]
          }
        }
      }
    },
    {
      "if": {
        "properties": {
          "kind": {
            "const": "checkpoint"
          }
        },
        "required": [
          "kind"
        ]
      },
      "then": {
        "properties": {
          "body": {
            "required": [
              "format",
              "project",
              "token",
              "resources",
              "digest"
            ]
          }
        }
      }
    },
    {
      "if": {
        "properties": {
          "kind": {
            "const": "remembered"
          }
        },
        "required": [
          "kind"
        ]
      },
      "then": {
        "properties": {
          "body": {
            "required": [
              "memory"
            ]
          }
        }
      }
    }
  ]
},
  'nodes/Workloads': {
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Workloads for nodes",
  "type": "object",
  "required": [
    "nodes"
  ],
  "description": "The containers on each node, as reported by the workload source. Unknown keys are ignored.",
  "properties": {
    "at": {
      "type": "string",
      "description": "Time of the report, by default now. A report that is older than twice `workloads.interval`, or more than a minute ahead of fettle's clock, counts as not read.",
      "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
    },
    "nodes": {
      "type": "array",
      "maxItems": 10000,
      "description": "Every node that the source knows; a node that is not listed does not count as empty.",
      "items": {
        "type": "object",
        "required": [
          "name",
          "containers"
        ],
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the node.",
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "emptySince": {
            "type": "string",
            "description": "Time since which an empty node has had no container. Times before the first readiness of the server, or before the last container that fettle saw, are ignored.",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
          },
          "startedTotal": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991,
            "description": "Containers that ever started on the node. The count decreases only when the source starts again."
          },
          "allocatedMb": {
            "type": "number",
            "minimum": 0,
            "maximum": 1000000000,
            "description": "Memory of the containers, in MB. Defaults to the sum over `containers`."
          },
          "diskUsedPercent": {
            "type": "number",
            "minimum": 0,
            "maximum": 100,
            "description": "Share of the disk in use."
          },
          "containers": {
            "type": "array",
            "maxItems": 10000,
            "items": {
              "type": "object",
              "required": [
                "id"
              ],
              "properties": {
                "id": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 253,
                  "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                },
                "mb": {
                  "type": "number",
                  "minimum": 0,
                  "maximum": 1000000000,
                  "default": 0,
                  "description": "Memory of the container, in MB."
                },
                "tier": {
                  "type": "string",
                  "maxLength": 63,
                  "description": "Size class; `micro`, `small` and `medium` can be moved under conditions, others never.",
                  "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
                },
                "players": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 9007199254740991,
                  "description": "Connected players; unknown by default."
                },
                "since": {
                  "type": "string",
                  "description": "Start of the container.",
                  "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
                }
              }
            }
          }
        }
      }
    },
    "queue": {
      "type": "array",
      "maxItems": 10000,
      "default": [],
      "description": "Containers that wait for room.",
      "items": {
        "type": "object",
        "required": [
          "id"
        ],
        "properties": {
          "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "mb": {
            "type": "number",
            "minimum": 0,
            "maximum": 1000000000,
            "default": 0,
            "description": "Memory that the container needs, in MB."
          },
          "pool": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "The pool that the container waits for; any pool by default.",
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
          },
          "since": {
            "type": "string",
            "description": "Time since which the container has waited.",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
          }
        }
      }
    }
  }
},
  ...Object.fromEntries(Object.entries(kinds).map(([name, schema]) => [name, { $schema, ...schema }])),
};
