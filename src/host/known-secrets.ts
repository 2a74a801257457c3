/** Names of environment variables that hold secrets. */
const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|AUTH)/i;
/** The password in an address like that of a database. */
const URL_PASSWORD = /^[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/@:]{0,200}:([^\s/@]{1,500})@/i;

/** The values of an environment that must not leave: of variables whose names say so, and passwords in addresses. */
export function environmentSecrets(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    if (value === '') return [];
    if (SECRET_NAME.test(name)) return [value];
    const password = URL_PASSWORD.exec(value)?.[1];
    return password === undefined ? [] : [password];
  });
}
