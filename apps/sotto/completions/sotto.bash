# Completion of sotto for bash.

_sotto() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()

  case $before in
    --backend-cert | --backend-key | --cert | --client-ca | --config | --early-data | --key | --keylog | --passphrase-file | --resume | --roots)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
      ;;
    --client-auth)
      mapfile -t COMPREPLY < <(compgen -W "optional required" -- "$word")
      return
      ;;
    --log-format)
      mapfile -t COMPREPLY < <(compgen -W "text json" -- "$word")
      return
      ;;
    --log-level)
      mapfile -t COMPREPLY < <(compgen -W "info warning error" -- "$word")
      return
      ;;
    --policy | --backend-policy)
      mapfile -t COMPREPLY < <(compgen -W "modern compatible legacy fips-like modern_2026 compatible_2026 legacy_2026 fips-like_2026" -- "$word")
      return
      ;;
    --min-version | --max-version | --backend-min-version | --backend-max-version)
      mapfile -t COMPREPLY < <(compgen -W "tls1.2 tls1.3" -- "$word")
      return
      ;;
    --groups)
      mapfile -t COMPREPLY < <(compgen -W "x25519 secp256r1 secp384r1 secp521r1" -- "$word")
      return
      ;;
    --ciphersuites)
      mapfile -t COMPREPLY < <(compgen -W "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" -- "$word")
      return
      ;;
    --alpn)
      mapfile -t COMPREPLY < <(compgen -W "h2 http/1.1" -- "$word")
      return
      ;;
    --connect-timeout | --drain-timeout | --handshake-timeout | --idle-timeout | --max-connections | --servername | --tlsa | --workers)
      return
      ;;
  esac

  local choices
  case ${COMP_WORDS[1]} in
    proxy)
      choices="--help --config --dev --cert --key --passphrase-file --alpn --policy --min-version --max-version --no-certificate-compression --backend-policy --backend-min-version --backend-max-version --client-auth --client-ca --roots --tlsa --servername --backend-cert --backend-key --verify-sessions-again --insecure-backend --keylog --handshake-timeout --connect-timeout --idle-timeout --drain-timeout --max-connections --workers --log-format --log-level"
      ;;
    connect)
      choices="--help --servername --roots --tlsa --alpn --cert --key --passphrase-file --policy --min-version --max-version --no-certificate-compression --groups --ciphersuites --resume --verify-sessions-again --early-data --connect-timeout --handshake-timeout --insecure --json --story --quiet --no-half-close --commands --no-commands --keylog"
      ;;
    cert)
      choices="dev --help --print-ca"
      ;;
    policy)
      choices="modern compatible legacy fips-like modern_2026 compatible_2026 legacy_2026 fips-like_2026 --help --json"
      ;;
  esac
  if ((COMP_CWORD == 1)); then
    choices="proxy connect cert policy --help --version"
  fi
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

complete -F _sotto sotto
