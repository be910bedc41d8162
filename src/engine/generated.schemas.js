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
    "description": "Something that signs certificates.",
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
        "description": "What the resource is called.",
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
            "description": "Names and values to choose by.",
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
            "description": "Addresses of what has to be there first, for example `certificates/Issuer/test-ca`.",
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
        "description": "How changes of the resource are treated.",
        "properties": {
          "protect": {
            "type": "boolean",
            "description": "It is neither removed nor replaced. Remembered: removing the document does not remove the protection."
          },
          "onRemove": {
            "enum": [
              "remove",
              "release"
            ],
            "description": "What happens when the document is gone; each kind has its default.",
            "default": "release"
          },
          "ignore": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "JSON pointers that may differ in the world, for example `/spec/labels/seen`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^/spec(/([^/~]|~[01])*)*$"
            }
          },
          "hold": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1000,
            "description": "Nothing is done to the resource while this stands here; the text says why."
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
            "description": "A certificate authority in a folder, made on the first apply.",
            "properties": {
              "dir": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "description": "Folder of `ca.crt` and `ca.key`, relative to the document.",
                "examples": [
                  "./ca"
                ]
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
        "description": "What the resource is called.",
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
            "description": "Names and values to choose by.",
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
            "description": "Addresses of what has to be there first, for example `certificates/Issuer/test-ca`.",
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
        "description": "How changes of the resource are treated.",
        "properties": {
          "protect": {
            "type": "boolean",
            "description": "It is neither removed nor replaced. Remembered: removing the document does not remove the protection."
          },
          "onRemove": {
            "enum": [
              "remove",
              "release"
            ],
            "description": "What happens when the document is gone; each kind has its default.",
            "default": "release"
          },
          "ignore": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "JSON pointers that may differ in the world, for example `/spec/labels/seen`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^/spec(/([^/~]|~[01])*)*$"
            }
          },
          "hold": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1000,
            "description": "Nothing is done to the resource while this stands here; the text says why."
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
            "description": "Name of the Issuer that signs it.",
            "examples": [
              "test-ca"
            ]
          },
          "dnsNames": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "uniqueItems": true,
            "description": "The names it is valid for; the first one is the common name, where it fits.",
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
            "description": "Algorithm of its key."
          },
          "validityDays": {
            "type": "integer",
            "minimum": 1,
            "maximum": 3650,
            "default": 90,
            "description": "How long it is issued for, in days."
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
                "description": "PEM files, relative to the document: `certificate` and `key`, or `combined`, and beside them what services want.",
                "properties": {
                  "certificate": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The certificate, and its chain unless `chain` or `fullchain` is written too; mode 0644.",
                    "examples": [
                      "./tls/www.crt"
                    ]
                  },
                  "key": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The private key, PKCS#8.",
                    "examples": [
                      "./tls/www.key"
                    ]
                  },
                  "chain": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The certificates that lead from it to its authority; mode 0644.",
                    "examples": [
                      "./tls/www.chain.crt"
                    ]
                  },
                  "fullchain": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The certificate and its chain; mode 0644.",
                    "examples": [
                      "./tls/www.fullchain.crt"
                    ]
                  },
                  "combined": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The certificate, its chain and the private key.",
                    "examples": [
                      "./tls/www.pem"
                    ]
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
                    "description": "Owner of the files, by name or number; without it, it stays as it is.",
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
                    "description": "Group of the files, by name or number; without it, it stays as it is.",
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
                    "description": "Mode of the files that hold the key; without it, 0600 for a new one, and one that is there stays as it is unless more than 0640 lets.",
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
                "description": "A folder with `cert.pem`, `chain.pem`, `fullchain.pem` and `privkey.pem`, all switched at once by one symbolic link.",
                "properties": {
                  "path": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": "The folder, relative to the document.",
                    "examples": [
                      "./tls/www"
                    ]
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
                    "description": "Owner of the files, by name or number; without it, it stays as it is."
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
                    "description": "Group of the files, by name or number; without it, it stays as it is."
                  },
                  "mode": {
                    "enum": [
                      "0400",
                      "0440",
                      "0600",
                      "0640"
                    ],
                    "description": "Mode of the files that hold the key; without it, 0600 for a new one, and one that is there stays as it is unless more than 0640 lets."
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
            "description": "Brings a new pair to where it is not stored; run after every swap, before the reload.",
            "properties": {
              "command": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "description": "A command line, word for word one of `plugins.certificates.commands` in `fettle.yaml`; it gets the paths in its environment.",
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
                "description": "How long it may run, in seconds."
              }
            }
          },
          "reload": {
            "type": "object",
            "additionalProperties": false,
            "minProperties": 1,
            "description": "Makes the service that uses the pair read it again: `command` or `signal`. Certificates with the same one share a service, which is reloaded once for all of them.",
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
                    ]
                  },
                  "name": {
                    "enum": [
                      "HUP",
                      "USR1",
                      "USR2"
                    ],
                    "default": "HUP",
                    "description": "Which signal."
                  }
                }
              },
              "timeoutSeconds": {
                "type": "integer",
                "minimum": 1,
                "maximum": 300,
                "default": 60,
                "description": "How long a command may run, in seconds."
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
                "minimum": 0,
                "maximum": 365,
                "description": "It is renewed when so many days are left (30), or a third of its lifetime, whichever is less.",
                "examples": [
                  30
                ]
              },
              "issuedAfter": {
                "type": "string",
                "maxLength": 64,
                "description": "One that was issued before this time is replaced, however long it is still valid: for a key that got into the wrong hands.",
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
    "description": "A TLS server, and whether its clients can trust what it serves.",
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
        "description": "What the resource is called.",
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
            "description": "Names and values to choose by.",
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
            "description": "Addresses of what has to be there first, for example `certificates/Issuer/test-ca`.",
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
        "description": "How changes of the resource are treated.",
        "properties": {
          "protect": {
            "type": "boolean",
            "description": "It is neither removed nor replaced. Remembered: removing the document does not remove the protection."
          },
          "onRemove": {
            "enum": [
              "remove",
              "release"
            ],
            "description": "What happens when the document is gone; each kind has its default.",
            "default": "release"
          },
          "ignore": {
            "type": "array",
            "maxItems": 1000,
            "uniqueItems": true,
            "default": [],
            "description": "JSON pointers that may differ in the world, for example `/spec/labels/seen`.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^/spec(/([^/~]|~[01])*)*$"
            }
          },
          "hold": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1000,
            "description": "Nothing is done to the resource while this stands here; the text says why."
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
            "description": "Name for SNI, and what the certificate must be valid for.",
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
            "description": "The protocol in which TLS is asked for first; without it, TLS begins at once."
          },
          "tlsMode": {
            "enum": [
              "termination",
              "passthrough"
            ],
            "default": "termination",
            "description": "`passthrough`: the certificate is somebody else's; what is wrong with it is only told."
          },
          "verify": {
            "type": "boolean",
            "default": true,
            "description": "Whether it has to be what a client accepts; without it, only the days that are left count."
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
            "description": "Whether the host was shown to be ours; nothing is probed before. With `txt`, it is while a DNS TXT record says so.",
            "properties": {
              "txt": {
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "description": "What the record holds.",
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
            "description": "Where the host leads: `none`, or a target; by default the host's own addresses.",
            "properties": {
              "target": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Name or address to connect to, where `address` does not say it.",
                "examples": [
                  "lb-1.example.net"
                ]
              },
              "region": {
                "type": "string",
                "minLength": 1,
                "maxLength": 63,
                "description": "Where that is.",
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
            "description": "How looks that `drift --record` takes are spaced while it fails: from 1 minute doubling to 6 hours, from 5 minutes to 12 hours, or from 10 minutes to a day. Any other command always looks."
          },
          "expiryWarnDays": {
            "type": "integer",
            "minimum": 0,
            "maximum": 3650,
            "default": 30,
            "description": "The certificate is expiring when so many days are left."
          },
          "certificate": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Name of the Certificate that ought to be served here.",
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
            "description": "PEM files with more trust anchors, relative to the document; one that is not there yet is left out.",
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 4096
            }
          }
        }
      }
    },
    "title": "certificates/Domain"
  }
};

export const schemas = {
  document: { ...{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Document of fettle",
  "description": "One resource as it is wanted.",
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
        "certificates/v1"
      ]
    },
    "kind": {
      "enum": [
        "Issuer",
        "Certificate",
        "Domain"
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
      "description": "Name of the project, its scope in a shared store; the name of the folder where it is left out."
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
      "description": "Folder of the log, relative to this file; or `postgres://user@host/database`, its password from PGPASSWORD or `${env:NAME}`."
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
          "description": "TLS certificates, the authorities that issue them, and what servers really serve.",
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
              "description": "How TLS servers are probed.",
              "properties": {
                "concurrency": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 1000,
                  "default": 100,
                  "description": "Probes that are open at once."
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
                  "description": "Deadline of the whole probe of one address; of the resolution of a name likewise."
                },
                "allow": {
                  "type": "array",
                  "maxItems": 1000,
                  "uniqueItems": true,
                  "default": [],
                  "examples": [
                    [
                      "169.254.10.0/24"
                    ]
                  ],
                  "description": "Networks that may be probed although a wider one is denied.",
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
                  "description": "Networks that are never connected to, also when a name resolves to them, and in every form in which IPv6 holds an IPv4 address. Link-local and multicast ones, and where clouds answer with metadata, are denied in any case, unless `allow` names the same network or a narrower one. The narrowest network decides; of two equal ones `deny`.",
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
                  "description": "DNS servers that are asked instead of this machine's own resolution of names.",
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
              "description": "Command lines that `deploy` and `reload` of a Certificate may be, each a list of words: only what stands here word for word is ever run, and only by `apply`.",
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
              "description": "Files, relative to `fettle.yaml`, with the numbers of processes that `reload` of a Certificate may send a signal to.",
              "examples": [
                [
                  "/run/nginx.pid"
                ]
              ],
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096
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
          "description": "How old a look may be for a step that takes something away.",
          "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
        },
        "removals": {
          "type": "object",
          "additionalProperties": false,
          "default": {},
          "description": "How much of a kind may be removed at once; above it, nothing of the kind is removed.",
          "properties": {
            "max": {
              "type": "integer",
              "minimum": 0,
              "maximum": 1000000,
              "default": 10,
              "description": "So many resources."
            },
            "share": {
              "type": "string",
              "default": "30%",
              "description": "So large a part of what is ours.",
              "pattern": "^(?:100(?:\\.0+)?|[0-9]{1,2}(?:\\.[0-9]{1,3})?)%$"
            },
            "from": {
              "type": "integer",
              "minimum": 1,
              "maximum": 1000000,
              "default": 4,
              "description": "The share counts where so many are ours; below, the number alone."
            },
            "per": {
              "type": "string",
              "default": "1h",
              "description": "Removals of earlier runs count for so long, 7d at most.",
              "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
            }
          }
        },
        "collapse": {
          "type": "object",
          "additionalProperties": false,
          "default": {},
          "description": "When so few of a kind are seen that the look is doubted rather than the world.",
          "properties": {
            "share": {
              "type": "string",
              "default": "50%",
              "description": "More than this part of what is ours, and was there, is missing.",
              "pattern": "^(?:100(?:\\.0+)?|[0-9]{1,2}(?:\\.[0-9]{1,3})?)%$"
            },
            "from": {
              "type": "integer",
              "minimum": 1,
              "maximum": 1000000,
              "default": 4,
              "description": "It counts where so many were there."
            }
          }
        },
        "budgets": {
          "type": "array",
          "maxItems": 1000,
          "default": [],
          "description": "How many steps that disrupt may be taken in a time.",
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
                "description": "Which resources share this budget; what is left out matches all.",
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
                    "description": "Labels that a resource has to have.",
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
                "description": "So many steps."
              },
              "per": {
                "type": "string",
                "description": "In so long a time, 7d at most.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              }
            }
          }
        },
        "freeze": {
          "type": "array",
          "maxItems": 100,
          "default": [],
          "description": "Times in which nothing is done.",
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
                "description": "When it begins: minute, hour, day of month, month, day of week.",
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
              },
              "for": {
                "type": "string",
                "description": "How long it lasts, 366d at most.",
                "pattern": "^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$"
              },
              "timezone": {
                "type": "string",
                "minLength": 1,
                "maxLength": 100,
                "default": "UTC",
                "description": "Name of a time zone such as Europe/Berlin."
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
          "description": "One rule on one address that may be passed by, until a time.",
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
                "description": "From then on it is a problem instead.",
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
      "description": "What `fettle drift` tells.",
      "properties": {
        "suppress": {
          "type": "array",
          "maxItems": 1000,
          "default": [],
          "description": "Drift that is known, and not counted until a time.",
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
                "description": "JSON pointer into the spec, with what lies below it; all of it where this is left out."
              },
              "until": {
                "type": "string",
                "description": "From then on the drift counts again, and this is told as expired.",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$"
              },
              "owner": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "description": "Who answers for it.",
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
    "summary",
    "plan_digest"
  ],
  "description": "A plan as `fettle plan -o FILE` writes it.",
  "properties": {
    "format_version": {
      "type": "string",
      "pattern": "^1\\.[0-9]+$",
      "description": "Version of this format; readers refuse another major one."
    },
    "fettle_version": {
      "type": "string",
      "minLength": 1
    },
    "timestamp": {
      "type": "string",
      "description": "When it was made.",
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
    "applyable": {
      "type": "boolean",
      "description": "There are rows that would run."
    },
    "errored": {
      "type": "boolean"
    },
    "resource_changes": {
      "type": "array",
      "description": "What would run.",
      "items": {
        "$ref": "#/definitions/ResourceChange"
      }
    },
    "rejected_changes": {
      "type": "array",
      "description": "What would be unsafe and will not run.",
      "items": {
        "$ref": "#/definitions/RefusedChange"
      }
    },
    "deferred_changes": {
      "type": "array",
      "description": "What has to wait.",
      "items": {
        "$ref": "#/definitions/RefusedChange"
      }
    },
    "prior_state": {
      "type": "object",
      "required": [
        "resources"
      ],
      "description": "Everything as it was seen.",
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
      "description": "How the world differs from what was last applied.",
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
          }
        }
      }
    },
    "gaps": {
      "type": "array",
      "description": "Parts of the world that could not be read.",
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
      "description": "Addresses of what was seen, and is neither written nor ours.",
      "items": {
        "type": "string",
        "minLength": 1
      }
    },
    "settled": {
      "type": "array",
      "description": "What an earlier run left open, and how it ended as far as can be seen.",
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
        }
      }
    },
    "summaries": {
      "type": "array",
      "description": "What the resources of each plugin come to.",
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
      "description": "Over what would run.",
      "pattern": "^sha256:[0-9a-f]{64}$"
    },
    "log_head": {
      "type": "object",
      "required": [
        "seq",
        "hash"
      ],
      "description": "Where the log ended.",
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
      "description": "Over the whole of a saved plan but itself.",
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
        "basis": {
          "type": "string",
          "description": "What it was judged on.",
          "pattern": "^sha256:[0-9a-f]{64}$"
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
          "description": "Rule of the first reason."
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
      "description": "Counts from 1, without a hole."
    },
    "time": {
      "type": "string",
      "description": "Never before the record ahead of it.",
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
              "digest",
              "keyCheck"
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
  ...Object.fromEntries(Object.entries(kinds).map(([name, schema]) => [name, { $schema, ...schema }])),
};
