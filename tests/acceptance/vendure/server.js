// A Vendure on loopback with its own sample catalogue. `node server.js fill` makes the tables and the catalogue and ends;
// without a word it serves until it is stopped. Environment: PORT, DATABASE_URL, FOLDER (for files of its own).
const fs = require('fs');
const path = require('path');
const { bootstrap, DefaultLogger, dummyPaymentHandler, JobQueueService, LogLevel } = require('@vendure/core');
const { populate } = require('@vendure/core/cli');

const { PORT, DATABASE_URL, FOLDER } = process.env;
const config = {
  apiOptions: { hostname: '127.0.0.1', port: Number(PORT), adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
  authOptions: {
    tokenMethod: ['bearer', 'api-key'],
    superadminCredentials: { identifier: 'superadmin', password: 'superadmin' },
    requireVerification: false,
  },
  logger: new DefaultLogger({ level: LogLevel.Warn }),
  dbConnectionOptions: { type: 'postgres', url: DATABASE_URL, synchronize: true, logging: false },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  importExportOptions: { importAssetsDir: path.join(FOLDER, 'no-assets') },
};

// The sample names pictures, which are not served here.
function withoutPictures(csv) {
  const { parse } = require('csv-parse/sync');
  const [head, ...rows] = parse(fs.readFileSync(csv), { trim: true });
  const pictures = ['assets', 'variantAssets'].map(name => head.indexOf(name));
  const line = cells => cells.map(cell => `"${cell.replace(/"/g, '""')}"`).join(',');
  return [head, ...rows.map(row => row.map((cell, at) => (pictures.includes(at) ? '' : cell)))].map(line).join('\n') + '\n';
}

async function main() {
  if (process.argv[2] !== 'fill') {
    const app = await bootstrap(config);
    await app.get(JobQueueService).start();
    console.log('READY');
    return;
  }
  const sample = path.join(path.dirname(require.resolve('@vendure/create/package.json')), 'assets');
  const data = JSON.parse(fs.readFileSync(path.join(sample, 'initial-data.json')));
  data.collections.forEach(collection => { collection.assetPaths = []; });
  const products = path.join(FOLDER, 'products.csv');
  fs.writeFileSync(products, withoutPictures(path.join(sample, 'products.csv')));
  const app = await populate(() => bootstrap(config), data, products);
  await app.close();
  process.exit(0);
}

main().catch(fault => { console.error(fault); process.exit(1); });
