export const USAGE = `weir-node: evaluates next to the data, and lets out what the site's policy permits

  weir-node enrol --hub URL --token TOKEN --name NAME --home DIR
  weir-node enrol --again --token TOKEN [--hub URL] --home DIR
  weir-node dataset add NAME --version V [--input DIR] [--reference DIR] [--counts patients=120,visits=300]
                        [--synthetic-input DIR] [--synthetic-reference DIR] --home DIR
  weir-node dataset list --home DIR
  weir-node dataset check [NAME --version V] [--full] --home DIR
  weir-node dataset remove NAME --version V --home DIR
  weir-node policy example
  weir-node policy check [--policy FILE] --home DIR
  weir-node policy apply DRAFT --home DIR
  weir-node policy test [CASES] [--policy FILE] --home DIR
  weir-node policy explain RUN --home DIR
  weir-node ledger verify [FILE] [--json] --home DIR
  weir-node ledger show [--run R] [--kind K] [--json] --home DIR
  weir-node ledger export --out FILE [--from N] [--to M] --home DIR
  weir-node keys show | rotate --home DIR
  weir-node attest keygen --out KEY.pem
  weir-node attest --key KEY.pem --out FILE DIGEST_OR_FILE...
  weir-node console address --home DIR
  weir-node console person add NAME --organization ORGANIZATION [--role reviewer|steward] --home DIR
  weir-node console person list | remove NAME --home DIR
  weir-node run --home DIR [--engine auto|docker|podman|bubblewrap|apptainer|slurm|scripted] [--slots N] [--gpus N] [--drain-seconds S] [--console PORT|off]

--home may be left out where WEIR_NODE_HOME is set.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a check found problems.
`;

/** The lines about one command: what is wrong with how it was called is said above them, and has to stay in sight. All of them for no command. */
export function usageOf(command: string | undefined): string {
  const begins = `  weir-node ${command} `;
  const lines = USAGE.split('\n').filter((line, index, all) => {
    // Lines further in go on with the one before.
    const first = line.startsWith('   ')
      ? all.findLast((each, at) => at < index && /^ {2}\S/.test(each))
      : line;
    return `${first} `.startsWith(begins);
  });
  return lines.length > 0 ? `${lines.join('\n')}\n` : USAGE;
}
